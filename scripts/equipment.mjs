// What the tests use and npm does not bring: Redis and Kafka, for the split shops, and Python, which fuzzes the API.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const says = (answer, command, ...args) => answer.test(spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '');
const isRoot = process.getuid?.() === 0;
const hasApt = existsSync('/etc/debian_version');
const { JAVA_HOME, KAFKA_HOME } = process.env;

const redis = {
  isThere: () => says(/ v=([7-9]|\d\d)\./, 'redis-server', '--version'),
  apt: () => 'redis-server',
  brew: 'redis',
};
const java = {
  isThere: () => says(/^\S+ (1[7-9]|[2-9]\d)/, JAVA_HOME ? join(JAVA_HOME, 'bin/java') : 'java', '--version'),
  // The usual one is too old for Kafka on some.
  apt: () =>
    says(/openjdk-(8|11)-/, 'apt-cache', 'depends', 'default-jre-headless')
      ? 'openjdk-17-jre-headless'
      : 'default-jre-headless',
  brew: 'openjdk',
};
/** Kafka's jars come by it, where KAFKA_HOME does not say that they are there. */
const maven = {
  isThere: () => Boolean(KAFKA_HOME) || says(/Apache Maven/, 'mvn', '--version'),
  apt: () => 'maven',
  brew: 'maven',
};
const python = {
  isThere: () =>
    says(
      /^yes/,
      process.env.PYTHON ?? 'python3',
      '-c',
      'import sys, venv, ensurepip; print("yes" * (sys.version_info >= (3, 11)))',
    ),
  apt: () => 'python3-venv',
};

const without = (tools) => tools.filter(({ isThere }) => !isThere());

/** What each split topology speaks over. */
const needs = { 'split-redis': [redis], 'split-kafka': [java, maven], mixed: [redis, java, maven] };
export const splitTopologies = Object.keys(needs);
export const hasRedis = () => without([redis]).length === 0;
export const hasKafka = () => without([java, maven]).length === 0;
export const canRun = (topology) => without(needs[topology]).length === 0;

/** What the tests leave out here, and what a person types to get it in; undefined where they leave out nothing. */
export function leftOut() {
  const missing = without([redis, java, maven]);
  if (missing.length === 0) return undefined;
  const topologies = splitTopologies.filter((one) => needs[one].some((tool) => missing.includes(tool)));
  const brokers = missing.map((tool) => (tool === redis ? 'Redis 7 or later' : 'Kafka (Java 17 or later, and Maven)'));
  return `The topologies ${topologies.join(', ')}, and all else that needs ${[...new Set(brokers)].join(', ')}. To get it in: ${commandFor(missing)}`;
}

function commandFor(tools) {
  if (hasApt) return `${isRoot ? '' : 'sudo '}apt-get install ${tools.map(({ apt }) => apt()).join(' ')}`;
  const names = tools.map(({ brew }) => brew).join(' ');
  return process.platform === 'darwin' ? `brew install ${names}` : `install, and have on the PATH: ${names}`;
}

/** As root of Debian or Ubuntu, and in CI as whoever may sudo there, installs what is missing. The next look tells whether it could. */
export function installMissing() {
  const missing = without([redis, java, maven, python]);
  if (missing.length === 0 || !hasApt || !(isRoot || process.env.CI === 'true')) return;
  // Redis' package starts a server, which nobody here needs; with this it does not, where there is no systemd.
  const [command, ...args] = [
    ...(isRoot ? [] : ['sudo', '-n']),
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'RUNLEVEL=1',
    'apt-get',
    '-q',
  ];
  const get = (...task) => spawnSync(command, [...args, ...task], { stdio: 'inherit' });
  console.log('\n— apt-get update');
  get('update'); // before it nobody knows which Java there is
  const packages = missing.map(({ apt }) => apt());
  console.log(`\n— apt-get install ${packages.join(' ')}`);
  get('install', '-y', ...packages);
}
