import { startProvider } from './provider.js';
import { readSettings } from './settings.js';

// Payments and tokens are nobody else's to read on this machine.
process.umask(0o077);
const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);

try {
  const settings = readSettings(process.env);
  const provider = await startProvider(settings, log);
  log(`test provider ${process.pid} listens on ${provider.url}, books in ${settings.dataDir}`);

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log(`${signal}: stopping`);
    await provider.stop();
    log('stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));
} catch (error) {
  log(`cannot start: ${explain(error)}`);
  process.exitCode = 1;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${explain(error.cause)})`;
}
