import { join } from 'node:path';
import { NodeWorkflow } from '@angular-devkit/schematics/tools/index.js';
import { lastValueFrom } from 'rxjs';

const root = join(import.meta.dirname, '../../../../..');

export interface NewContextOptions {
  readonly aggregate?: string;
  /** Says what would be made, and makes nothing. */
  readonly dryRun?: boolean;
}

/** Runs the schematic as `nest generate` would, on the project that this is compiled from. Answers a line for each file. */
export async function newContext(name: string, { dryRun = false, ...options }: NewContextOptions): Promise<string[]> {
  const workflow = new NodeWorkflow(root, { dryRun });
  const lines: string[] = [];
  workflow.reporter.subscribe((event) => {
    if (event.kind === 'error') lines.push(`! ${event.path}: ${event.description}`);
    else lines.push(`${event.kind} ${event.path.replace(/^\//, '')}`);
  });
  await lastValueFrom(
    workflow.execute({
      collection: join(root, 'apps/cli/schematics/collection.json'),
      schematic: 'context',
      options: { name, ...options },
    }),
    { defaultValue: undefined }, // a dry run ends without a word
  );
  return lines;
}

/** What is left for whoever made the context. */
export const nextSteps = (name: string): string => `
Next:
  npm run contracts           its messages, in contracts/ and docs/reference/
  npm test -- libs/${name}
`;
