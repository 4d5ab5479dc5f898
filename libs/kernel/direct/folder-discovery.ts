import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '#kernel/local';
import type { Address, Discovery } from './discovery.js';

const host = '127.0.0.1';

/**
 * Finds processes of one machine by a folder: for each context that a process serves, an empty file whose name is context, port
 * and process. The files of a process that has died are passed over, and deleted.
 */
export class FolderDiscovery implements Discovery {
  private readonly announced = new Set<string>();

  constructor(private readonly folder: string) {}

  async find(context: string): Promise<readonly Address[]> {
    await this.open();
    const found = await Promise.all(
      (await readdir(this.folder)).map(async (file) => {
        const [served, port, process = ''] = file.split('.');
        if (served !== context) return [];
        if ((await processOf(Number.parseInt(process, 10))) === process)
          return [{ host, ip: host, port: Number(port) }];
        await rm(join(this.folder, file), { force: true });
        return [];
      }),
    );
    return found.flat();
  }

  async announce(context: string, port: number): Promise<void> {
    await this.open();
    const file = join(this.folder, `${context}.${port}.${await processOf(process.pid)}`);
    this.announced.add(file);
    await writeFile(file, '');
  }

  async withdraw(): Promise<void> {
    await Promise.all([...this.announced].map((file) => rm(file, { force: true })));
    this.announced.clear();
  }

  /** Closed to other users, who may not say where calls are accepted. One that exists keeps its mode: others may use it too. */
  private async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }
}

/** The pid, and on Linux its start time: a pid is given out again. */
const processOf = async (pid: number): Promise<string | undefined> => (await identityOf(pid))?.replace(' ', '-');
