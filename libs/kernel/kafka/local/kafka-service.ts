import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  inFolder,
  keepPid,
  livingPid,
  type LocalServiceOptions,
  type RunningService,
  runningOn,
  untilItAnswers,
} from '#kernel/local';
import { kafkaHome } from './kafka-home.js';
import { answers, type BrokerPorts, brokerPorts, spawnBroker } from './spawn-broker.js';

const START_WITHIN_MS = 60_000;
/** With the time in which its jars are fetched. */
const FIRST_START_WITHIN_MS = 400_000;

/**
 * The Kafka of this data folder: the one that runs, or else a new one on the ports of last time, where those are free. It
 * outlives this process. @throws CannotStart where there is none to start
 */
export function startKafka({ dataDir, tell }: Pick<LocalServiceOptions, 'dataDir' | 'tell'>): Promise<RunningService> {
  return inFolder(join(dataDir, 'kafka'), FIRST_START_WITHIN_MS, async (folder) => {
    const former = await portsOf(folder);
    const living = former && (await livingPid(folder));
    if (living) {
      await untilReady(folder, former.port, living); // it may have been started just now
      tell(`kafka: port ${former.port} runs already (pid ${living})`);
      return handle(folder, former.port, living, true);
    }
    const home = await kafkaHome(tell);
    const ports = await brokerPorts(former);
    const { port } = ports;
    const { pid } = await spawnBroker(home, folder, ports, { detached: true });
    await keepPid(folder, pid!);
    await untilReady(folder, port, pid!);
    tell(`kafka: started on port ${port} (pid ${pid})`);
    return handle(folder, port, pid!, false);
  });
}

function untilReady(folder: string, port: number, pid: number): Promise<true> {
  const service = { name: 'Kafka', pid, logFile: join(folder, 'kafka.log'), withinMs: START_WITHIN_MS };
  return untilItAnswers(service, async () => (await answers(folder, port)) && true);
}

/** As the last start wrote them down. */
async function portsOf(folder: string): Promise<BrokerPorts | undefined> {
  const text = await readFile(join(folder, 'server.properties'), 'utf8').catch(() => ''); // of a first start there is none
  const [, port, controllerPort] = /^listeners=\S+:(\d+),\S+:(\d+)$/m.exec(text) ?? [];
  return controllerPort === undefined ? undefined : { port: Number(port), controllerPort: Number(controllerPort) };
}

const handle = (folder: string, port: number, pid: number, adopted: boolean): RunningService =>
  runningOn(folder, { environment: { KAFKA_BROKERS: `127.0.0.1:${port}` }, pid, port, adopted });
