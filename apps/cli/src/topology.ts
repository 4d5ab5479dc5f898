import { resolve } from 'node:path';
import { Command } from 'commander';
import { contractMap, type ContractMap, type Topology } from '#kernel/topology';
import { countOf } from '../../server/src/launch/command-line.js';
import { topologyIn } from '../../server/src/launch/topologies.js';
import { ServerSettings } from '../../server/src/server-settings.js';
import { drawnTopology, mermaidOf, speech } from './topology-drawing.js';

const print = (text: string): void => void process.stdout.write(text);

/** `cleave topology …` */
export function topology(): Command {
  const group = new Command('topology').description('Which context runs in which process, by a topology file.');
  group
    .command('check')
    .description('Names every mistake in a topology file, with its line and the remedy.')
    .argument('<file>')
    .action(async (file: string) => {
      const { topology } = await read(file);
      const count = topology.processes.size === 1 ? '1 process' : `${topology.processes.size} processes`;
      print(`${file} is sound: ${count}, ${speech(topology)}.\n`);
    });
  group
    .command('show')
    .description('Draws who asks whom, who sends and who hears what, in which process and by what transport.')
    .argument('<file>')
    .option('--mermaid', 'as a Mermaid diagram')
    .action(async (file: string, { mermaid = false }: { mermaid?: boolean }) => {
      const { topology, contracts } = await read(file);
      print(mermaid ? mermaidOf(topology, contracts) : drawnTopology(topology, contracts));
    });
  group
    .command('switch')
    .description('Lets another topology take over from the one that runs, while requests come in.')
    .argument('<old>', 'what runs, by npm start -- --topology')
    .argument('<new>')
    .option('--replicas <process=number>', 'how many of a process of the new one', collected, [])
    .option(
      '--finish',
      'the new processes run, whoever started them, and the old ones have stopped: forgets what these read',
    )
    .action(async (old: string, next: string, { replicas, finish = false }: SwitchOptions) => {
      const [{ topology: from }, { topology: to }] = [await read(old), await read(next)];
      if (finish && process.env['DATABASE_URL']) {
        const { finishMove } = await import('../../server/src/launch/move.js');
        await finishMove({ from, to }, process.env);
        print(`The places of ${old} in the outboxes, and its logs, are gone.\n`);
        return;
      }
      const { askLauncher } = await import('../../server/src/launch/control.js');
      const { CLEAVE_DATA_DIR } = new ServerSettings(process.env);
      const request = { from: resolve(old), to: resolve(next), replicas: replicas.map(countOf), finish };
      await askLauncher(CLEAVE_DATA_DIR, request, (text) => print(`${text}\n`));
    });
  return group;
}

interface SwitchOptions {
  readonly replicas: readonly string[];
  readonly finish?: boolean;
}

const collected = (one: string, others: readonly string[]): string[] => [...others, one];

const read = async (file: string): Promise<{ topology: Topology; contracts: ContractMap }> => ({
  topology: await topologyIn(file),
  contracts: contractMap(),
});
