import type { Arrow, ContractMap, ProcessKind, Topology, TransportName } from '#kernel/topology';
import { shortName } from './reference-pages.contexts.js';

/** Everything of one kind that passes from one to another. */
interface Line {
  readonly from: string;
  readonly to: string;
  readonly how: 'asks' | 'sends' | 'hears';
  /** The transport; `mixed` for what goes to every context, of which some are here and some are not. */
  readonly by: TransportName;
  readonly messages: readonly string[];
}

const width = 100;

/** `calls: redis, events: redis in 16 partitions` */
export function speech({ calls, events, partitions }: Topology): string {
  const parts = events === 'local' ? '' : ` in ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  return `calls: ${calls}, events: ${events}${parts}`;
}

/** For a terminal of 100 columns: each process, each context in it, and each arrow once, where it is asked, sent or heard. */
export function drawnTopology(topology: Topology, contracts: ContractMap): string {
  const lines = linesOf(topology, contracts);
  const names = Math.max(...lines.flatMap(({ from, to }) => [shown(from).length, shown(to).length]));
  const processes = [...topology.processes].map(
    ([name, kind]) =>
      `\n${name}\n${speakersOf(kind)
        .map((speaker) => drawnSpeaker(speaker, lines, names))
        .join('')}`,
  );
  return `${topology.file}: ${speech(topology)}\n${processes.join('')}`;
}

function drawnSpeaker(speaker: string, lines: readonly Line[], names: number): string {
  const own = lines.filter(({ how, from, to }) => speaker === (how === 'hears' ? to : from));
  const drawn = own.map(({ from, to, how, by, messages }) => {
    const arrow = how === 'hears' ? `◀─${by}── ${from.padEnd(names)}` : `──${by}─▶ ${shown(to).padEnd(names)}`;
    const start = `    ${how.padEnd(5)} ${arrow}  `;
    return `${start}${wrapped(messages, start.length)}\n`;
  });
  return `  ${shown(speaker)}\n${drawn.join('') || '    asks and hears nobody\n'}`;
}

/** Words in rows that begin below one another. */
function wrapped(words: readonly string[], start: number): string {
  const rows = [''];
  for (const [index, word] of words.entries()) {
    const text = index === words.length - 1 ? word : `${word},`;
    const row = rows.at(-1)!;
    if (row !== '' && start + row.length + 1 + text.length > width) rows.push(text);
    else rows[rows.length - 1] = row === '' ? text : `${row} ${text}`;
  }
  return rows.join(`\n${' '.repeat(start)}`);
}

/** A Mermaid flowchart: a box for each process, and between two contexts an arrow for what is asked or sent, a dotted one for what is told. */
export function mermaidOf(topology: Topology, contracts: ContractMap): string {
  const boxes = [...topology.processes].flatMap(([name, kind]) => [
    `  subgraph process-${name} ["${name}"]`,
    ...speakersOf(kind).map((speaker) => `    ${speaker === 'edge' ? 'edge([HTTP])' : speaker}`),
    '  end',
  ]);
  const labels = new Map<string, string[]>();
  for (const { from, to, how, by } of linesOf(topology, contracts)) {
    const target = to === '*' ? 'every[every context]' : to;
    const arrow = `  ${from} ${how === 'hears' ? '-.->' : '-->'} ${target}`;
    labels.set(arrow, [...(labels.get(arrow) ?? []), `${how === 'hears' ? 'tells' : how}, ${by}`]);
  }
  const arrows = [...labels].map(([arrow, all]) => arrow.replace('> ', `>|${all.join('<br>')}| `));
  return `flowchart LR\n${[...boxes, ...arrows].join('\n')}\n`;
}

/** Who speaks in a process: HTTP, and its contexts. */
const speakersOf = ({ http, contexts }: ProcessKind): string[] => [...(http ? ['edge'] : []), ...contexts];

const shown = (speaker: string): string => (speaker === 'edge' ? 'HTTP' : speaker === '*' ? 'every context' : speaker);

function linesOf(topology: Topology, { calls, sends, events }: ContractMap): Line[] {
  const grouped = (arrows: readonly Arrow[], how: Line['how']): Line[] =>
    [...Map.groupBy(arrows, ({ from, to }) => `${from} ${to}`).values()].map((some) => {
      const [{ from, to }] = some as [Arrow];
      const by = how === 'asks' ? transportOf(topology, from, to) : topology.events;
      return { from, to, how, by, messages: some.map(({ message }) => shortName(message)).toSorted() };
    });
  return [...grouped(calls, 'asks'), ...grouped(sends, 'sends'), ...grouped(events, 'hears')];
}

/** What carries a call: nothing where both are in one process. */
function transportOf({ processes, calls }: Topology, from: string, to: string): Line['by'] {
  const host = [...processes.values()].find((kind) => speakersOf(kind).includes(from));
  const here = host?.contexts.length ?? 0;
  const all = [...processes.values()].reduce((sum, { contexts }) => sum + contexts.length, 0);
  if (to !== '*') return host?.contexts.includes(to) ? 'local' : calls;
  return here === all ? 'local' : here === 0 ? calls : 'mixed';
}
