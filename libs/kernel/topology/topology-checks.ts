import { type Known, type ProcessKind, type TransportName, transportNames } from './topology.js';
import { either } from './words.js';
import type { YamlFile } from './yaml-file.js';

/** A process of the file, with the lines that say so. */
export interface DeclaredProcess extends ProcessKind {
  readonly httpLine: number;
  /** The line of each context. */
  readonly lineOf: ReadonlyMap<string, number>;
}

/** What a file says, as far as it can be read; what cannot is told already. */
interface Declared {
  readonly calls: TransportName | undefined;
  readonly events: TransportName | undefined;
  readonly processes: ReadonlyMap<string, DeclaredProcess>;
  /** The line of a key, or of the processes where it is left out. */
  readonly lineOf: (key: string) => number;
}

/** One kind of process serves the API. */
export function checkHttp(file: YamlFile, { processes, lineOf }: Declared): void {
  const [first, ...others] = [...processes].filter(([, { http }]) => http);
  if (!first && processes.size > 0)
    file.wrong(lineOf('processes'), 'no process serves the API: give one http: true, as gateway: { http: true }');
  for (const [name, { httpLine }] of others) {
    const both = `"${name}" serves the API, and so does "${first![0]}" on line ${first![1].httpLine}`;
    file.wrong(httpLine, `${both}: leave http: true to one of them; more instances of that share the work`);
  }
}

/** Every context runs in one kind of process. */
export function checkHosts(file: YamlFile, { processes, lineOf }: Declared, known: Known): void {
  if (processes.size === 0) return;
  for (const context of known.contexts) {
    const [first, ...others] = [...processes].filter(([, kind]) => kind.lineOf.has(context));
    if (!first)
      file.wrong(
        lineOf('processes'),
        `the context "${context}" runs nowhere${neededBy(context, known)}: add it to a process`,
      );
    for (const [name, kind] of others) {
      const both = `the context "${context}" runs in "${name}", and in "${first![0]}" on line ${first![1].lineOf.get(context)}`;
      file.wrong(kind.lineOf.get(context)!, `${both}: leave it in one of them; more instances of that share the work`);
    }
  }
}

function neededBy(context: string, { contracts }: Known): string {
  const call = contracts?.calls.find(({ from, to }) => to === context && from !== 'edge');
  const sent = contracts?.sends.find(({ to }) => to === context);
  if (call) return `, and "${call.from}" calls ${call.message}`;
  return sent ? `, and "${sent.from}" sends ${sent.message}` : '';
}

/** What is called, sent or listened to belongs to a context that there is. */
export function checkSpeakers(file: YamlFile, { processes }: Declared, { contracts, contexts }: Known): void {
  if (!contracts) return;
  const spoken = [
    ...contracts.calls.map(({ from, to, message }) => ({ who: from, owner: to, says: `calls ${message}` })),
    ...contracts.sends.map(({ from, to, message }) => ({ who: from, owner: to, says: `sends ${message}` })),
    ...contracts.events.map(({ from, to, message }) => ({ who: to, owner: from, says: `listens to ${message}` })),
  ];
  for (const { who, owner, says } of spoken) {
    if (owner === '*' || contexts.includes(owner)) continue;
    const host = [...processes.values()].find((kind) => (who === 'edge' ? kind.http : kind.lineOf.has(who)));
    const line = host?.lineOf.get(who) ?? host?.httpLine ?? 1;
    const remedy = `add the context "${owner}" to the application, or run npm run contracts where it has left`;
    file.wrong(line, `${who === 'edge' ? 'HTTP' : `"${who}"`} ${says}, which nobody owns: ${remedy}`);
  }
}

/** Nothing is carried from process to process where everything is local. */
export function checkReach(file: YamlFile, { processes, calls, events, lineOf }: Declared, { carriers }: Known): void {
  const tell = (key: 'calls' | 'events', [one, other]: readonly string[]): void => {
    const others = transportNames(key, carriers).filter((name) => name !== 'local');
    const reach = `${key} are local, and reach nobody between "${one}" and "${other}"`;
    file.wrong(
      lineOf(key),
      `${reach}: say ${either(others.map((name) => `${key}: ${name}`))}, or run everything in one process`,
    );
  };
  const hosts = [...processes].filter(([, { contexts }]) => contexts.length > 0).map(([name]) => name);
  if (calls === 'local' && processes.size > 1) tell('calls', [...processes.keys()]);
  if (events === 'local' && hosts.length > 1) tell('events', hosts);
}
