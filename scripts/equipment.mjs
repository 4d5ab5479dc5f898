// The programs that tests need and npm does not install: the brokers of the split topologies, and Python, which fuzzes the API.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const says = (answer, command, ...args) => answer.test(spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '');
const isThere = ({ answers, to: [command, ...args] }) => says(answers, command, ...args);
const isRoot = process.getuid?.() === 0;
const hasApt = existsSync('/etc/debian_version');
const root = join(import.meta.dirname, '..');

const python = {
  answers: /^yes/,
  to: [
    process.env.PYTHON ?? 'python3',
    '-c',
    'import sys, venv, ensurepip; print("yes" * (sys.version_info >= (3, 11)))',
  ],
  apt: () => 'python3-venv',
};

/** By its name, what each broker's tests need (libs/kernel/<broker>/testing/equipment.mjs). */
const brokers = Object.fromEntries(
  await Promise.all(
    globSync('libs/kernel/*/testing/equipment.mjs', { cwd: root }).map(async (file) => {
      const { equipment } = await import(join(root, file));
      return [file.split(/[\\/]/).at(-3), equipment];
    }),
  ),
);

/** The brokers that the messages of each split topology go by. */
const topologies = Object.fromEntries(
  globSync('topologies/*.yaml', { cwd: root }).flatMap((file) => {
    const carried = [...readFileSync(join(root, file), 'utf8').matchAll(/^(?:calls|events): *([\w-]+)/gm)];
    const names = [...new Set(carried.map(([, name]) => name))].filter((name) => name !== 'local');
    return names.length === 0 ? [] : [[basename(file, '.yaml'), names]];
  }),
);

const missingTools = (names) => names.flatMap((name) => brokers[name].tools).filter((tool) => !isThere(tool));

/** The names of the brokers that cannot run here. */
export const missingBrokers = () => Object.keys(brokers).filter((name) => missingTools([name]).length > 0);
/** The split topologies that can run here. */
export function splitTopologies() {
  const missing = missingBrokers();
  return Object.keys(topologies).filter((one) => !topologies[one].some((name) => missing.includes(name)));
}
/** Code for `node --eval` that runs before the first test, by the broker that wants it, of those that can run here. */
export function preparations() {
  const missing = missingBrokers();
  return Object.entries(brokers).flatMap(([name, { prepare }]) =>
    prepare && !missing.includes(name) ? [[name, prepare]] : [],
  );
}

/** What the tests leave out here, and what a person types to get it in; undefined where they leave out nothing. */
export function leftOut() {
  const missing = missingBrokers();
  if (missing.length === 0) return undefined;
  const skipped = Object.keys(topologies).filter((one) => topologies[one].some((name) => missing.includes(name)));
  const titles = missing.map((name) => brokers[name].title);
  const command = commandFor(missingTools(missing));
  return `The topologies ${skipped.join(', ')}, and all else that needs ${titles.join(', ')}. To get it in: ${command}`;
}

function commandFor(tools) {
  if (hasApt) return `${isRoot ? '' : 'sudo '}apt-get install ${tools.map(({ apt }) => apt(says)).join(' ')}`;
  const names = tools.map(({ brew }) => brew).join(' ');
  return process.platform === 'darwin' ? `brew install ${names}` : `install, and have on the PATH: ${names}`;
}

/** As root of Debian or Ubuntu, and in CI as whoever may sudo there, installs what is missing. The next look tells whether it could. */
export function installMissing() {
  const missing = [...missingTools(Object.keys(brokers)), ...[python].filter((tool) => !isThere(tool))];
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
  const packages = missing.map(({ apt }) => apt(says));
  console.log(`\n— apt-get install ${packages.join(' ')}`);
  get('install', '-y', ...packages);
}
