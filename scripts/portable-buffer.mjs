// Injected into the portable library, which runs where there may be no Buffer.
export { Buffer } from 'buffer/';
