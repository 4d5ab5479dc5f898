import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isAlive } from '#kernel/postgres';

const Entry = z.object({ name: z.string(), replica: z.int(), pid: z.int(), ports: z.record(z.string(), z.int()) });
export type ProcessEntry = z.infer<typeof Entry>;

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
    const alive = await Promise.all(entries.data.map(({ pid }) => isAlive(pid)));
    return entries.data.filter((_, index) => alive[index]);
  }

  async add(...added: readonly ProcessEntry[]): Promise<void> {
    const others = (await this.living()).filter(
      (one) => !added.some(({ pid, name }) => pid === one.pid || (name === one.name && name !== 'server')),
    );
    await this.write([...others, ...added]);
  }

  async remove(...pids: readonly number[]): Promise<void> {
    await this.write((await this.living()).filter(({ pid }) => !pids.includes(pid)));
  }

  /** Written beside and renamed: a reader never sees half of it. */
  private async write(entries: readonly ProcessEntry[]): Promise<void> {
    await mkdir(this.dataDir, { recursive: true });
    const draft = `${this.path}.${process.pid}`;
    await writeFile(draft, `${JSON.stringify(entries, null, 2)}\n`);
    await rename(draft, this.path);
  }
}
