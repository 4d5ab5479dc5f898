import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '#kernel/local';
import { answers, brokerPorts, type KafkaHome, spawnBroker } from './spawn-broker.js';

const START_WITHIN_MS = 60_000;
/** It writes some 30 MB before it ends. */
const END_WITHIN_MS = 60_000;
const POLL_MS = 50;

/** Starts a broker and ends it, upon which the JVM writes all classes that it has loaded to `archive`, ready to be mapped. */
export async function keepClasses({ java, classPath }: KafkaHome, archive: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kafka-'));
  const ports = await brokerPorts();
  const draft = `${archive}.draft`;
  const flags = [`-XX:ArchiveClassesAtExit=${draft}`];
  const child = await spawnBroker({ java, classPath }, folder, ports, { flags });
  const until = performance.now() + START_WITHIN_MS;
  while (!hasEnded(child) && performance.now() < until && !(await answers(folder, ports.port))) await sleep(POLL_MS);
  child.kill();
  const patience = performance.now() + END_WITHIN_MS;
  for (; !hasEnded(child); await sleep(POLL_MS)) if (performance.now() > patience) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
  await rename(draft, archive);
}
