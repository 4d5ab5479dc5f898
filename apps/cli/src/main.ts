import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { KernelSettings, kernelOptions, settingsExample } from '#kernel';
import { allSettings } from '../../server/src/all-settings.js';
import { AppModule } from '../../server/src/app.module.js';
import { explained, readContracts } from './contracts.js';

if (existsSync('.env')) process.loadEnvFile('.env');
const program = new Command('cleave').description('Operates a Cleave shop.');

program
  .command('migrate')
  .description('Brings the schema of every context up to date. Safe to run beside running servers.')
  .action(async () => {
    const environment = { ...process.env, CLEAVE_MIGRATE: 'on' };
    const options = kernelOptions(new KernelSettings(environment), environment, `${hostname()}:cli`);
    // Opening the contexts' databases migrates them; nothing is started, so nothing is consumed.
    const app = await NestFactory.create(AppModule.of(options), new FastifyAdapter(), {
      logger: ['warn', 'error'],
      abortOnError: false,
    });
    await app.close();
    process.stdout.write('Every schema is up to date.\n');
  });

program
  .command('settings')
  .description('Prints every setting with its meaning and default, as .env.example holds them.')
  .action(() => void process.stdout.write(settingsExample(allSettings)));

program
  .command('contracts')
  .description(
    'Writes contracts/ and docs/reference/ as the code declares them. Refuses a change that breaks those who use a contract.',
  )
  .option('--break', 'write them all the same')
  .action(async ({ break: mayBreak = false }: { break?: boolean }) => {
    const { files, difference } = await readContracts();
    if (difference.breaking.length > 0 && !mayBreak) throw new Error(explained(difference));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    for (const line of [...difference.breaking, ...difference.compatible]) process.stdout.write(`${line}\n`);
    process.stdout.write(`Written: ${Object.keys(files).join(', ')}\n`);
  });

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
