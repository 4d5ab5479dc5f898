import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, 'requirements.txt');
const config = join(import.meta.dirname, 'schemathesis.toml');
const root = join(import.meta.dirname, '../../../..');

/** A Python that Schemathesis runs on, with what makes an environment of its own. Undefined where there is none. */
export async function findPython(): Promise<string | undefined> {
  const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
  for (const name of [process.env['PYTHON'] ?? 'python3', ...names]) {
    const fits = await run(name, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))']).then(
      () => true,
      () => false,
    );
    if (fits) return name;
  }
  return undefined;
}

/** The command, installed on first use into node_modules/.cache. @throws Error where PyPI cannot be reached */
export async function schemathesis(python: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(root, 'node_modules/.cache/schemathesis', version);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const finished = join(folder, 'finished');
  if (!existsSync(finished)) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await run(python, ['-m', 'venv', folder]);
    await run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    await writeFile(finished, '');
  }
  return join(bin, 'schemathesis');
}

export interface Fuzz {
  readonly url: string;
  /** Where it may leave its notes. */
  readonly dir: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seed: string;
  /** Cases for each operation and phase. */
  readonly examples: string;
}

/**
 * The document that a server shows, without the patterns for which Schemathesis can find no text: those with `\p`. The
 * pattern of an e-mail address is what counts, and not what Python thinks of one.
 */
async function documentOf(url: string, dir: string): Promise<string> {
  const text = await (await fetch(`${url}/api/openapi.json`)).text();
  const path = join(dir, 'openapi.json');
  const document = JSON.parse(text, (name, value: unknown) =>
    (name === 'pattern' && String(value).includes('\\p{')) || (name === 'format' && value === 'email')
      ? undefined
      : value,
  ) as object;
  await writeFile(path, JSON.stringify(document));
  return path;
}

/** Tries all operations of a running server by its own document; answers what Schemathesis says of it. */
export async function fuzz(
  command: string,
  { url, dir, headers, seed, examples }: Fuzz,
): Promise<{ passed: boolean; report: string }> {
  const child = spawn(
    command,
    [
      `--config-file=${config}`,
      'run',
      await documentOf(url, dir),
      `--url=${url}`,
      '--no-color',
      '--continue-on-failure',
      '--request-timeout=60', // an order may be waited for
      `--seed=${seed}`,
      `--max-examples=${examples}`,
      ...Object.entries(headers).map(([name, value]) => `--header=${name}: ${value}`),
    ],
    {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        SCHEMATHESIS_HOOKS: 'hooks',
        PYTHONPATH: import.meta.dirname,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  );
  let report = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (report += chunk.toString()));
  const [code] = await new Promise<[number | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (status) => resolve([status]));
  });
  return { passed: code === 0, report };
}
