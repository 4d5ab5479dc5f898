import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { KernelModule, kernelOptions, KernelSettings, operationsOf } from '#kernel/core';
import { createHttpApp, openApi } from '#kernel/http';
import type { MessageClass } from '#kernel/messages';
import { PublicApiModule } from '../../server/src/http/public-api.module.js';
import {
  type ApiSnapshot,
  compareApis,
  compareMessages,
  type Difference,
  type MessageSnapshot,
} from './compatibility.js';
import { contextsPage } from './reference-pages.contexts.js';
import { type Codes, errorsPage, messagesPage } from './reference-pages.js';
import type { Schema } from './schema-changes.js';
import { lineOf } from './snapshot-places.js';
import { readUsage } from './usage.js';

const messagesFile = 'contracts/contracts.json';
const apiFile = 'contracts/openapi.json';
const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** What the code declares now: the files that are made of it, and how they differ from the committed ones. */
export interface Contracts {
  readonly files: Readonly<Record<string, string>>;
  readonly difference: Told;
}

/** The changes, each with the line of the snapshot that was so, and of the message's declaration. */
export type Told = Readonly<Record<keyof Difference, string[]>>;

/** Reads the contracts from the code. The working directory is the project's root. */
export async function readContracts(): Promise<Contracts> {
  const [messages, api] = await Promise.all([readMessages(), readApi()]);
  const { importRejections = {} } = (await import('#catalog/contracts')) as { importRejections?: Codes };
  const committed = {
    messages: existsSync(messagesFile)
      ? (JSON.parse(readFileSync(messagesFile, 'utf8')) as { messages: MessageSnapshot[] }).messages
      : [],
    api: existsSync(apiFile) ? (JSON.parse(readFileSync(apiFile, 'utf8')) as ApiSnapshot) : { paths: {} },
  };
  const inMessages = compareMessages(committed.messages, messages);
  const inApi = compareApis(committed.api, api);
  const told = (effect: keyof Difference): string[] => [
    ...inMessages[effect].map(({ sentence, place }) => {
      const line = lineOf({ dialect, messages: committed.messages }, place);
      return `${messagesFile}:${line} ${sentence}${declaration(sentence.slice(0, sentence.indexOf(':')))}`;
    }),
    ...inApi[effect].map(({ sentence, place }) => `${apiFile}:${lineOf(committed.api, place)} ${sentence}`),
  ];
  return {
    files: {
      [messagesFile]: json({ dialect, messages }),
      [apiFile]: json(api),
      'docs/reference/contexts.md': contextsPage(messages),
      'docs/reference/errors.md': errorsPage(messages, api, importRejections),
      'docs/reference/messages.md': messagesPage(messages, (place) => lineOf({ dialect, messages }, place)),
    },
    difference: { breaking: told('breaking'), compatible: told('compatible') },
  };
}

/** Where a message is declared, as far as it still is. */
function declaration(name: string): string {
  for (const file of globSync(`libs/${name.split('.')[0]}/src/contracts/**/*.ts`)) {
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes(`'${name}'`));
    if (line >= 0) return ` (${file}:${line + 1})`;
  }
  return '';
}

/** Says what a changed contract means for those who use it, and what to do. */
export function explained({ breaking, compatible }: Told): string {
  if (breaking.length > 0) {
    return `This breaks those who use the contract:\n${listed(breaking)}\nIt needs a new version beside the old one: of the message (.v2, …), or of the path. \`npm run contracts -- --break\` breaks them all the same.`;
  }
  const notes = compatible.length > 0 ? listed(compatible) : '  - words, users or listeners';
  return `This changed, and breaks nobody:\n${notes}\n\`npm run contracts\` accepts it.`;
}

const listed = (sentences: readonly string[]): string => sentences.map((sentence) => `  - ${sentence}`).join('\n');
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every message class that a context shows to others, with the name of its export. */
export async function messageClasses(): Promise<{ exportName: string; message: MessageClass }[]> {
  const contexts = readdirSync('libs').filter((name) => existsSync(`libs/${name}/src/contracts/index.ts`));
  const exported = await Promise.all(
    contexts.map(async (context) => Object.entries((await import(`#${context}/contracts`)) as Record<string, unknown>)),
  );
  return exported
    .flat()
    .flatMap(([exportName, message]) => (isMessage(message) ? [{ exportName, message }] : []))
    .toSorted((one, other) => (one.message.messageName < other.message.messageName ? -1 : 1));
}

/** What every context has from the kernel is told once, as `*`. */
async function readMessages(): Promise<MessageSnapshot[]> {
  const usages = readUsage();
  const own: MessageSnapshot[] = Object.values(operationsOf('every')).map((operation) => ({
    ...snapshotOf(operation),
    name: operation.messageName.replace('every', '*'),
    context: '*',
    askedBy: ['edge'],
    sentBy: [],
    subscribers: [],
  }));
  const contexts = (await messageClasses()).map(({ exportName, message }) => {
    const { kind } = message;
    const { askedBy = [], sentBy = [], subscribers = [] } = usages.get(`${message.context}.${exportName}`) ?? {};
    return {
      ...snapshotOf(message),
      askedBy: kind === 'event' ? [] : [...askedBy].toSorted(),
      sentBy: kind === 'command' ? [...sentBy].toSorted() : [],
      subscribers: [...subscribers].toSorted(),
    };
  });
  return [...own, ...contexts];
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
