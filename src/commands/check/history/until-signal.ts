const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Does the work; a signal ends this program as it would without us, after `stop`. */
export async function untilSignal(stop: () => void, work: () => Promise<void>): Promise<void> {
  const onSignal = (signal: NodeJS.Signals) => {
    for (const each of endings) process.off(each, onSignal);
    stop();
    process.kill(process.pid, signal);
  };
  for (const signal of endings) process.on(signal, onSignal);
  try {
    await work();
  } finally {
    for (const signal of endings) process.off(signal, onSignal);
  }
}
