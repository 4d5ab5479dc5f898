import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { errorMessage } from '#kernel/base';
import { deadLetters, events, flow } from './operations.js';
import { topology } from './topology.js';

// Little is imported here: what a command alone needs it loads itself, so that the others answer at once.
enableCompileCache();

if (existsSync('.env')) process.loadEnvFile('.env');
const program = new Command('cleave').description('Operates a Cleave shop.');

program
  .command('migrate')
  .description('Brings the schema of every context up to date. Safe to run beside running servers.')
  .action(async () => {
    const { migrate } = await import('./migrate.js');
    await migrate();
    process.stdout.write('Every schema is up to date.\n');
  });

program
  .command('demo')
  .description('What a trial leaves behind.')
  .command('end')
  .description('Deletes the demo’s accounts, whose passwords are published, from the database of DATABASE_URL.')
  .action(async () => {
    const { endDemo } = await import('./end-demo.js');
    const emails = await endDemo();
    process.stdout.write(emails.length === 0 ? 'There are no demo accounts.\n' : `Deleted: ${emails.join(', ')}\n`);
  });

program
  .command('settings')
  .description('Prints every setting with its meaning and default, as .env.example holds them.')
  .action(async () => {
    const { settingsExample } = await import('#kernel/base');
    const { brokers } = await import('../../server/src/brokers.js');
    const { contextNames } = await import('../../server/src/contexts.js');
    const { settingsOf } = await import('../../server/src/process-settings.js');
    process.stdout.write(settingsExample(await settingsOf(contextNames, brokers)));
  });

program
  .command('contracts')
  .description(
    'Writes contracts/ and docs/reference/ as the code declares them. Refuses a change that breaks those who use a contract.',
  )
  .option('--break', 'write them all the same')
  .action(async ({ break: mayBreak = false }: { break?: boolean }) => {
    const { explained, readContracts } = await import('./contracts.js');
    const { files, difference } = await readContracts();
    if (difference.breaking.length > 0 && !mayBreak) throw new Error(explained(difference));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    for (const line of [...difference.breaking, ...difference.compatible]) process.stdout.write(`${line}\n`);
    process.stdout.write(`Written: ${Object.keys(files).join(', ')}\n`);
  });

program
  .command('new')
  .description('Makes what the project is made of.')
  .command('context <name>')
  .description(
    'A bounded context that works: one aggregate, command, query, event and endpoint, its table and its tests.',
  )
  .option('--aggregate <Name>', 'the class of its aggregate, where it is not the singular of the name')
  .option('--dry-run', 'say what would be made, and make nothing')
  .action(async (name: string, options: { aggregate?: string; dryRun?: boolean }) => {
    const { newContext, nextSteps } = await import('./new-context/new-context.js');
    for (const line of await newContext(name, options)) process.stdout.write(`${line}\n`);
    process.stdout.write(options.dryRun ? '\nNothing was written.\n' : nextSteps(name));
  });

program.addCommand(deadLetters()).addCommand(events()).addCommand(flow()).addCommand(topology());

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
