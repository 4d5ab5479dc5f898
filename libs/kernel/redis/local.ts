import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { CannotStart } from '#kernel/base';
import {
  freePort,
  inFolder,
  keepPid,
  livingPid,
  type LocalServiceOptions,
  type RunningService,
  runningOn,
  untilItAnswers,
} from '#kernel/local';

interface Access {
  readonly port: number;
  readonly password: string;
}

const START_WITHIN_MS = 15_000;
const OLDEST = 7;

const noRedis = (problem: string): CannotStart =>
  new CannotStart(
    `${problem}\nThis topology needs Redis ${OLDEST} or later. Install it (apt-get install redis-server, or brew install redis), or run one:\n` +
      '  docker compose -f docker/compose.brokers.yaml up -d\n' +
      'and set REDIS_URL=redis://127.0.0.1:6379.',
  );

/**
 * The Redis of this data folder, with an append-only file: the one that runs, or else the redis-server of this machine on
 * the port of last time, where that is free. It outlives this process. @throws CannotStart where there is none to start
 */
export function startRedis({ dataDir, tell }: Pick<LocalServiceOptions, 'dataDir' | 'tell'>): Promise<RunningService> {
  return inFolder(join(dataDir, 'redis'), 2 * START_WITHIN_MS, async (folder) => {
    const former = await accessOf(folder);
    const living = former && ((await livingPid(folder)) ?? (await look(former))?.pid);
    if (living) {
      await untilReady(folder, former, living); // it may be slow now
      await keepPid(folder, living); // its start may have been killed before it did
      tell(`redis: port ${former.port} runs already (pid ${living})`);
      return handle(folder, former, living, true);
    }
    const access = {
      port: await freePort(former?.port),
      password: former?.password ?? randomBytes(24).toString('base64url'),
    };
    await writeFile(join(folder, 'redis.conf'), configuration(access), { mode: 0o600 });
    const { pid, version } = await launch(folder, access);
    const redis = handle(folder, access, pid, false);
    if (Number.parseInt(version, 10) < OLDEST) {
      await redis.stop();
      throw noRedis(`The redis-server of this machine is ${version}.`);
    }
    tell(`redis: ${version} started on port ${access.port} (pid ${pid})`);
    return redis;
  });
}

const configuration = ({ port, password }: Access): string => `# Written at each start.
bind 127.0.0.1
port ${port}
requirepass ${password}
dir .
logfile redis.log
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;

/** As the last start wrote it down. */
async function accessOf(folder: string): Promise<Access | undefined> {
  const text = await readFile(join(folder, 'redis.conf'), 'utf8').catch(() => ''); // of a first start there is none
  const [, port, password] = /^port (\d+)\nrequirepass (\S+)$/m.exec(text) ?? [];
  return password === undefined ? undefined : { port: Number(port), password };
}

/** In a session of its own, so that neither Ctrl-C nor the end of this process reaches it. */
async function launch(folder: string, access: Access): Promise<{ pid: number; version: string }> {
  const child = spawn('redis-server', ['redis.conf'], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], TZ: process.env['TZ'] },
  });
  child.unref();
  await once(child, 'spawn').catch((error: Error) => {
    throw noRedis(`There is no redis-server to start here (${error.message}).`);
  });
  await keepPid(folder, child.pid!);
  return untilReady(folder, access, child.pid!);
}

function untilReady(folder: string, access: Access, pid: number): Promise<{ pid: number; version: string }> {
  const service = { name: 'Redis', pid, logFile: join(folder, 'redis.log'), withinMs: START_WITHIN_MS };
  return untilItAnswers(service, async () => {
    const running = await look(access);
    return running?.pid === pid && running;
  });
}

/** Who answers there and knows the password, once it has read its data. */
async function look({ port, password }: Access): Promise<{ pid: number; version: string } | undefined> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    lazyConnect: true,
    connectTimeout: 1_000,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined); // the rejection says it too
  try {
    await client.connect();
    const info = await client.info('server');
    const [, version] = /^redis_version:(\S+)/m.exec(info) ?? [];
    const [, pid] = /^process_id:(\d+)/m.exec(info) ?? [];
    return { pid: Number(pid), version: version! };
  } catch {
    return undefined; // nobody, or somebody else
  } finally {
    client.disconnect();
  }
}

const handle = (folder: string, { port, password }: Access, pid: number, adopted: boolean): RunningService =>
  runningOn(folder, { environment: { REDIS_URL: `redis://:${password}@127.0.0.1:${port}` }, pid, port, adopted });
