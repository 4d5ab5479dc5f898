import { readHost } from './host.js';
import { checkHosts, checkHttp, checkReach, checkSpeakers, type DeclaredProcess } from './topology-checks.js';
import {
  type Known,
  partitionCounts,
  type Topology,
  type TransportName,
  transportNames,
  WrongTopology,
} from './topology.js';
import { either, listed, meant } from './words.js';
import { type Value, YamlFile } from './yaml-file.js';

const keys = ['calls', 'events', 'partitions', 'processes'];
const processKeys = ['http', 'contexts', 'at'];
const example = 'library: { http: true, contexts: [lending, members] }';

/** The topology that a file's text declares. @throws WrongTopology with all that is wrong, by line */
export function topologyOf(name: string, text: string, known: Known): Topology {
  const file = new YamlFile(name, text);
  if (file.problems.length > 0) throw new WrongTopology(file.problems); // what follows would be guesses
  const top = file.entries(file.root);
  if (!top) throw new WrongTopology([`${name}:1: a topology is a mapping of ${listed(keys)}`]);
  refuseOthers(file, top, keys, 'a topology');
  const calls = transportOf(file, 'calls', top.get('calls'), known);
  const events = transportOf(file, 'events', top.get('events'), known);
  const partitions = partitionsOf(file, top.get('partitions'));
  const processes = processesOf(file, top.get('processes'), known);
  const declared = {
    processes,
    calls,
    events,
    lineOf: (key: string) => (top.get(key) ?? top.get('processes'))?.line ?? 1,
  };
  checkHttp(file, declared);
  checkHosts(file, declared, known);
  checkSpeakers(file, declared, known);
  checkReach(file, declared, known);
  if (file.problems.length > 0) throw new WrongTopology(file.problems);
  const kinds = [...processes].map(
    ([process, { http, contexts, at }]) => [process, { http, contexts, ...(at && { at }) }] as const,
  );
  return { file: name, calls: calls!, events: events!, partitions, processes: new Map(kinds) };
}

function refuseOthers(
  file: YamlFile,
  entries: ReadonlyMap<string, Value>,
  keys: readonly string[],
  what: string,
): void {
  for (const [key, { line }] of entries) {
    if (!keys.includes(key))
      file.wrong(line, `${what} has no key "${key}"${meant(key, keys, `it has ${listed(keys)}`)}`);
  }
}

/** Undefined where it is wrong. */
function transportOf(
  file: YamlFile,
  key: 'calls' | 'events',
  value: Value | undefined,
  { carriers }: Known,
): TransportName | undefined {
  if (!value) return 'local';
  const written = file.text(value);
  const names = transportNames(key, carriers);
  if (names.includes(written)) return written;
  const remedy = meant(written, names, `take ${either(names)}`);
  const problem = carriers.some(({ name }) => name === written)
    ? `"${written}" carries no ${key}`
    : `there is no transport "${written}"`;
  file.wrong(value.line, `${key}: ${problem}${remedy}`);
  return undefined;
}

function partitionsOf(file: YamlFile, value: Value | undefined): Topology['partitions'] {
  if (!value) return 16;
  const count = partitionCounts.find((one) => one === file.scalar(value));
  if (count === undefined)
    file.wrong(value.line, `partitions must be ${either(partitionCounts)}, not ${file.written(value)}`);
  return count ?? 16;
}

function processesOf(file: YamlFile, value: Value | undefined, known: Known): Map<string, DeclaredProcess> {
  const entries = value && file.entries(value);
  if (!entries || entries.size === 0) {
    file.wrong(value?.line ?? 1, `there are no processes: name one at least below "processes", as ${example}`);
    return new Map();
  }
  return new Map([...entries].map(([name, kind]) => [name, processOf(file, name, kind, known)]));
}

function processOf(file: YamlFile, name: string, value: Value, known: Known): DeclaredProcess {
  const { line } = value;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    const rule = 'write 40 small letters, digits and hyphens at most, a letter first, as gateway or lending-desk';
    file.wrong(line, `"${name}" is no name for a process: ${rule}`);
  }
  const entries = file.entries(value);
  if (!entries && file.scalar(value) !== null) {
    file.wrong(line, `the process "${name}" is a mapping of ${listed(processKeys)}, not ${file.written(value)}`);
    return { httpLine: line, http: false, contexts: [], lineOf: new Map() };
  }
  refuseOthers(file, entries ?? new Map(), processKeys, `the process "${name}"`);
  const http = entries?.get('http');
  const serves = http && file.scalar(http);
  if (http && typeof serves !== 'boolean')
    file.wrong(http.line, `http of "${name}" is true or false, not ${file.written(http)}`);
  const lineOf = contextsOf(file, name, entries?.get('contexts'), known);
  const at = hostsOf(file, name, entries?.get('at'));
  if (serves !== true && lineOf.size === 0)
    file.wrong(line, `the process "${name}" runs nothing: give it contexts or http: true, or remove it`);
  return { httpLine: http?.line ?? line, http: serves === true, contexts: [...lineOf.keys()], at, lineOf };
}

/** The contexts of a process, each with its line. */
function contextsOf(file: YamlFile, name: string, value: Value | undefined, known: Known): Map<string, number> {
  const lineOf = new Map<string, number>();
  if (!value) return lineOf;
  const items = file.items(value);
  if (!items)
    file.wrong(value.line, `contexts of "${name}" is a list, as [lending, members], not ${file.written(value)}`);
  for (const item of items ?? []) {
    const context = file.text(item);
    const first = lineOf.get(context);
    if (first !== undefined)
      file.wrong(item.line, `"${name}" names the context "${context}" on line ${first} already: remove one of the two`);
    else if (!known.contexts.includes(context))
      file.wrong(
        item.line,
        `there is no context "${context}"${meant(context, known.contexts, `there are ${listed(known.contexts)}`)}`,
      );
    lineOf.set(context, first ?? item.line);
  }
  return lineOf;
}

/** The hosts of a process; undefined where none are named. */
function hostsOf(file: YamlFile, name: string, value: Value | undefined): string[] | undefined {
  if (!value) return undefined;
  const items = file.items(value);
  if (!items || items.length === 0) {
    file.wrong(
      value.line,
      `at of "${name}" is a list of hosts, as [10.0.0.7, desk.example:7400], not ${file.written(value)}`,
    );
    return undefined;
  }
  return items.map((item) => {
    const host = file.text(item);
    if (!readHost(host))
      file.wrong(
        item.line,
        `"${host}" is no host: write a name or an address, as desk.example, 10.0.0.7:7400 or [fd00::7]:7400`,
      );
    return host;
  });
}
