import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { KernelModule, KernelSettings, kernelOptions, type MessageClass, operationsOf } from '#kernel';
import { createHttpApp, openApi } from '#kernel/http';
import { PublicApiModule } from '../../server/src/http/public-api.module.js';
import {
  type ApiSnapshot,
  compareApis,
  compareMessages,
  type Difference,
  type MessageSnapshot,
} from './compatibility.js';
import { errorsPage, messagesPage } from './reference-pages.js';
import type { Schema } from './schema-changes.js';
import { readUsage } from './usage.js';

const messagesFile = 'contracts/contracts.json';
const apiFile = 'contracts/openapi.json';
const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** What the code declares now: the files that are made of it, and how they differ from the committed ones. */
export interface Contracts {
  readonly files: Readonly<Record<string, string>>;
  readonly difference: Difference;
}

/** Reads the contracts from the code. The working directory is the project's root. */
export async function readContracts(): Promise<Contracts> {
  const [messages, api] = await Promise.all([readMessages(), readApi()]);
  const committed = {
    messages: existsSync(messagesFile)
      ? (JSON.parse(readFileSync(messagesFile, 'utf8')) as { messages: MessageSnapshot[] }).messages
      : [],
    api: existsSync(apiFile) ? (JSON.parse(readFileSync(apiFile, 'utf8')) as ApiSnapshot) : { paths: {} },
  };
  const [inMessages, inApi] = [compareMessages(committed.messages, messages), compareApis(committed.api, api)];
  return {
    files: {
      [messagesFile]: json({ dialect, messages }),
      [apiFile]: json(api),
      'docs/reference/errors.md': errorsPage(messages, api),
      'docs/reference/messages.md': messagesPage(messages),
    },
    difference: {
      breaking: [...inMessages.breaking, ...inApi.breaking],
      compatible: [...inMessages.compatible, ...inApi.compatible],
    },
  };
}

/** Says what a changed contract means for those who use it, and what to do. */
export function explained({ breaking, compatible }: Difference): string {
  if (breaking.length > 0) {
    return `This breaks those who use the contract:\n${listed(breaking)}\nIt needs a new version of the message (.v2, …) beside the old one. \`npm run contracts -- --break\` breaks them all the same.`;
  }
  const notes = compatible.length > 0 ? listed(compatible) : '  - words, users or listeners';
  return `This changed, and breaks nobody:\n${notes}\n\`npm run contracts\` accepts it.`;
}

const listed = (sentences: readonly string[]): string => sentences.map((sentence) => `  - ${sentence}`).join('\n');
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every message that a context shows to others, by its name; what every context has from the kernel, once, as `*`. */
async function readMessages(): Promise<MessageSnapshot[]> {
  const contexts = readdirSync('libs').filter((name) => existsSync(`libs/${name}/src/contracts/index.ts`));
  const usages = readUsage();
  const messages: MessageSnapshot[] = Object.values(operationsOf('every')).map((operation) => ({
    ...snapshotOf(operation),
    name: operation.messageName.replace('every', '*'),
    context: '*',
    usedBy: ['edge'],
    subscribers: [],
  }));
  for (const context of contexts) {
    const exported = (await import(`#${context}/contracts`)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) {
      if (!isMessage(value)) continue;
      const { usedBy = [], subscribers = [] } = usages.get(`${context}.${name}`) ?? {};
      messages.push({ ...snapshotOf(value), usedBy: [...usedBy].toSorted(), subscribers: [...subscribers].toSorted() });
    }
  }
  return messages.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

const isMessage = (value: unknown): value is MessageClass => typeof value === 'function' && 'messageName' in value;

function snapshotOf({
  messageName,
  kind,
  context,
  access,
  key,
  sensitive,
  repeatable,
  input,
  answer,
  errors,
}: MessageClass) {
  return {
    name: messageName,
    kind,
    context,
    access,
    key: key ?? null,
    sensitive,
    repeatable,
    input: jsonSchema(input),
    answer: answer ? jsonSchema(answer) : null,
    errors: Object.fromEntries(
      Object.entries(errors).map(([code, { status, message = code, details }]) => [
        code,
        { status, message, ...(details ? { details: jsonSchema(details) } : {}) },
      ]),
    ),
  };
}

function jsonSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return rest;
}

/** The OpenAPI document as it is served: of every edge, as a gateway loads them, with no context and no database behind. */
async function readApi(): Promise<ApiSnapshot> {
  class Edges {}
  const environment = { LOG_LEVEL: 'silent' };
  const kernel = KernelModule.forRoot(kernelOptions(new KernelSettings(environment), environment, 'contracts'));
  const app = await createHttpApp({ module: Edges, imports: [kernel, await PublicApiModule.forRoot(environment)] });
  try {
    return JSON.parse(JSON.stringify(openApi(app))) as ApiSnapshot;
  } finally {
    await app.close();
  }
}
