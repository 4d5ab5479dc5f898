import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CannotStart } from '#kernel/base';
import { withStartLock } from '#kernel/local';
import { keepClasses } from './keep-classes.js';
import type { KafkaHome } from './spawn-broker.js';

const run = promisify(execFile);

/** There is no Kafka to start on this machine. The message says what to do. */
const noKafka = (problem: string): CannotStart =>
  new CannotStart(
    `${problem}\nKafka needs Java ${OLDEST_JAVA} or later, and Maven, which fetches its jars. Install them ` +
      '(apt-get install default-jre-headless maven, or brew install openjdk maven), or set KAFKA_HOME to a Kafka of your own, or run one:\n' +
      '  docker compose -f docker/compose.brokers.yaml up -d\n' +
      'and set KAFKA_BROKERS=127.0.0.1:9092.',
  );

const VERSION = '4.1.1';
const OLDEST_JAVA = 17;
const FETCH_WITHIN_MS = 300_000;

/** node_modules/.cache/cleave */
const usualCache = (): string => join(dirname(findPackageJSON('pg', import.meta.url)!), '../.cache/cleave');

/**
 * The Kafka of KAFKA_HOME; else the one that Maven has put together in the cache, which it does now where it has not.
 * @throws CannotStart
 */
export async function kafkaHome(
  tell: (line: string) => void = () => undefined,
  cache = usualCache(),
): Promise<KafkaHome> {
  const java = await findJava();
  const own = process.env['KAFKA_HOME'];
  if (own) {
    if (!existsSync(join(own, 'libs'))) throw noKafka(`KAFKA_HOME=${own} has no folder libs.`);
    return { java, classPath: join(own, 'libs', '*') };
  }
  const folder = join(cache, `kafka-${VERSION}`);
  const home = { java, classPath: join(folder, 'libs', '*'), archive: join(folder, 'classes.jsa') };
  if (existsSync(folder)) return home;
  await mkdir(cache, { recursive: true });
  return withStartLock(join(cache, 'kafka.lock'), 2 * FETCH_WITHIN_MS, async () => {
    if (existsSync(folder)) return home;
    tell(`kafka: Maven fetches ${VERSION}, once`);
    await assemble(folder);
    await keepClasses(home, home.archive).catch((error: Error) => tell(`kafka: starts slower: ${error.message}`));
    return home;
  });
}

async function findJava(): Promise<string> {
  const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';
  const { stderr } = await run(java, ['-version'], { env: process.env }).catch((error: Error) => {
    throw noKafka(`There is no Java to run it here (${error.message.trim()}).`);
  });
  const version = /version "([^"]+)/.exec(stderr)?.[1] ?? 'unknown';
  if (Number.parseInt(version, 10) >= OLDEST_JAVA) return java;
  throw noKafka(`The Java of this machine is ${version}.`);
}

/** Aside, and renamed when all is there: what breaks on the way leaves no half of a Kafka. */
async function assemble(folder: string): Promise<void> {
  const draft = `${folder}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  await writeFile(join(draft, 'pom.xml'), pom);
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  const to = `-DoutputDirectory=${join(draft, 'libs')}`;
  const options = { env: process.env, timeout: FETCH_WITHIN_MS };
  await run('mvn', ['-q', '-B', '-f', draft, copy, to, '-DincludeScope=runtime'], options).catch(
    ({ stdout, message }: Error & { stdout?: string }) => {
      throw noKafka(`Maven could not fetch it (${stdout?.trim().split('\n')[0] || message}).`);
    },
  );
  await rename(draft, folder);
}

const dependency = (group: string, name: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;

const pom = `<project>
<modelVersion>4.0.0</modelVersion><groupId>cleave</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', VERSION)}
${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
</dependencies>
</project>
`;
