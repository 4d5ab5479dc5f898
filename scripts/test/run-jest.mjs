import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const reporter = join(import.meta.dirname, 'files-reporter.mjs');
/** A server that outlives Jest may hold its output open. */
const PATIENCE_MS = 2_000;

/**
 * Runs Jest in a process of its own, shows what it prints and keeps that beside its report under `name`. Answers its exit
 * code, its output, its JSON report (undefined where it died without one), and what FilesReporter says of each file.
 */
export async function runJest(name, args, settings, results) {
  const [json, files, log] = ['json', 'files.json', 'log'].map((extension) => resolve(results.path(name, extension)));
  // The last one takes a single value: paths that follow `--reporters` are more reporters to Jest.
  const flags = ['--reporters=default', `--reporters=${reporter}`, '--json', `--outputFile=${json}`];
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...flags, ...args],
    {
      stdio: ['inherit', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...(process.stderr.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}),
        ...settings,
        CLEAVE_TEST_FILES: files,
      },
    },
  );
  let output = '';
  for (const [stream, shown] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      results.append(log, text);
      shown.write(text);
    });
  const closed = once(child, 'close');
  const [code] = await once(child, 'exit');
  await Promise.race([closed, pause(PATIENCE_MS, undefined, { ref: false })]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);
  return { code, output, log, report: read(json), files: read(files) ?? {} };
}
