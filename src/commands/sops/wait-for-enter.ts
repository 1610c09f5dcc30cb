import type { Io } from '../io.ts';
import type { PrivateFolder } from '../repository/private-folder.ts';

/** @returns false where standard input is at its end, or a signal came: nobody presses Enter then */
export function waitForEnter({ stdin }: Pick<Io, 'stdin'>, folder: PrivateFolder): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (pressed: boolean) => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
      resolve(pressed);
    };
    const onData = () => done(true);
    const onEnd = () => done(false);
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    folder.passSignals(() => done(false));
    if (folder.signal !== null || (stdin as { readableEnded?: boolean }).readableEnded === true) done(false);
    else stdin.resume();
  });
}
