import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, readIfPresent } from '#kernel/local';
import { clusterAt } from './cluster-at.js';

/** The program of a broker. */
export interface KafkaHome {
  readonly java: string;
  /** Its jars, as a class path. */
  readonly classPath: string;
  /** Where its classes are as a JVM has loaded them, if they are: it starts in half the time then. */
  readonly archive?: string;
}

export interface BrokerPorts {
  readonly port: number;
  /** The broker speaks to itself there. */
  readonly controllerPort: number;
}

/** Two that are free: those of last time, if they are. */
export async function brokerPorts(former?: BrokerPorts): Promise<BrokerPorts> {
  const port = await freePort(former?.port);
  const controllerPort = await freePort(former?.controllerPort);
  return port === controllerPort ? brokerPorts() : { port, controllerPort };
}

const identityFile = (folder: string): string => join(folder, 'data', 'meta.properties');

/** Whether it is the broker of this folder that answers on the port. */
export async function answers(folder: string, port: number): Promise<boolean> {
  const cluster = await clusterIn(folder);
  return cluster !== undefined && cluster === (await clusterAt(port));
}

async function clusterIn(folder: string): Promise<string | undefined> {
  return /^cluster\.id=(.+)$/m.exec((await readIfPresent(identityFile(folder))) ?? '')?.[1];
}

/** Makes the folder a broker's of that cluster, as `kafka-storage format` does in a JVM of its own. */
export async function identify(folder: string, cluster: string, node: number): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  await writeFile(identityFile(folder), `version=1\ncluster.id=${cluster}\nnode.id=${node}\n`);
}

interface BrokerOptions {
  /** Beside the usual ones, as `log.retention.ms=1000`. */
  readonly settings?: readonly string[];
  /** Of the JVM. */
  readonly flags?: readonly string[];
  /** In a session of its own, so that neither Ctrl-C nor the end of this process reaches it. */
  readonly detached?: boolean;
}

/**
 * Starts a broker on the data of this folder, which it makes where there is none, with its log in kafka.log: one node that
 * is its own controller, on 127.0.0.1. It does not answer yet.
 */
export async function spawnBroker(
  { java, classPath, archive }: KafkaHome,
  folder: string,
  ports: BrokerPorts,
  { settings = [], flags = [], detached = false }: BrokerOptions = {},
): Promise<ChildProcess> {
  if (!(await clusterIn(folder))) await identify(folder, randomBytes(16).toString('base64url'), 1);
  await writeFile(join(folder, 'server.properties'), [configuration(folder, ports), ...settings, ''].join('\n'));
  if (archive && existsSync(archive)) flags = [`-XX:SharedArchiveFile=${archive}`, ...flags];
  const args = [...usualFlags, ...flags, '-cp', classPath, 'kafka.Kafka', 'server.properties'];
  const log = await open(join(folder, 'kafka.log'), 'a', 0o600);
  try {
    const stdio = ['ignore' as const, log.fd, log.fd];
    const child = spawn(java, args, { cwd: folder, env: process.env, detached, stdio, windowsHide: true });
    await once(child, 'spawn');
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** It starts soon and stays small; its log has what is amiss alone. */
const usualFlags = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

const configuration = (folder: string, { port, controllerPort }: BrokerPorts): string => `# Written at each start.
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${join(folder, 'data').replaceAll('\\', '/')}
auto.create.topics.enable=false
# One node has no one to copy to.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Small, and quick to notice who has gone.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=250
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=1
num.io.threads=2
`;
