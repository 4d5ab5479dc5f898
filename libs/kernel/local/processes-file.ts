import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makeDataDirectory } from './postgres/data-directory.js';
import { identityOf } from './process-identity.js';
import { withStartLock } from './start-lock.js';

const Entry = z.object({
  name: z.string(),
  replica: z.int(),
  pid: z.int(),
  ports: z.record(z.string(), z.int()),
  /** Tells it from another that has its pid, as after a restart of the machine. */
  identity: z.string().optional(),
  /** Its port http serves the API. */
  api: z.boolean().optional(),
  /** True of a service, which all servers on a data directory share: one of each name. */
  service: z.boolean().optional(),
});
const LOCK_WITHIN_MS = 10_000;

export type ProcessEntry = z.infer<typeof Entry>;

export const isServer = ({ service }: ProcessEntry): boolean => !service;

/** `<data dir>/processes.json`: every process that runs on this data directory, with its ports by purpose. */
export class ProcessesFile {
  private readonly path: string;

  constructor(private readonly dataDir: string) {
    this.path = join(dataDir, 'processes.json');
  }

  /** Those of the file that live; a killed process leaves its entry behind. */
  async living(): Promise<ProcessEntry[]> {
    const text = await readFile(this.path, 'utf8').catch(() => '[]');
    const entries = z.array(Entry).safeParse(JSON.parse(text || '[]'));
    if (!entries.success) return [];
    const found = await Promise.all(entries.data.map(({ pid }) => identityOf(pid)));
    return entries.data.filter(({ identity }, at) => found[at] !== undefined && found[at] === (identity ?? found[at]));
  }

  /** Servers of one kind may be many; of what they stand on there is one. */
  async add(...added: readonly ProcessEntry[]): Promise<void> {
    if (added.length === 0) return;
    const identities = await Promise.all(added.map(({ pid }) => identityOf(pid)));
    await this.change((entries) => [
      ...entries.filter(
        (one) => !added.some(({ pid, name }) => pid === one.pid || (name === one.name && !isServer(one))),
      ),
      ...added.map((one, at) => ({ ...one, identity: identities[at] })),
    ]);
  }

  remove(...pids: readonly number[]): Promise<void> {
    return this.change((entries) => entries.filter(({ pid }) => !pids.includes(pid)));
  }

  /** By one process at a time, written beside and renamed: nobody's change is lost, and a reader never sees half of it. */
  private async change(change: (entries: ProcessEntry[]) => ProcessEntry[]): Promise<void> {
    await makeDataDirectory(this.dataDir);
    await withStartLock(`${this.path}.lock`, LOCK_WITHIN_MS, async () => {
      const draft = `${this.path}.${process.pid}`;
      await writeFile(draft, `${JSON.stringify(change(await this.living()), null, 2)}\n`);
      await rename(draft, this.path);
    });
  }
}
