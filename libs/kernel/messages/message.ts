import { Command, Query } from '@nestjs/cqrs';
import * as z from 'zod';
import { contextIn } from '#kernel/base';
import type { Access } from './access.js';
import { ContractError } from './contract-error.js';
import { type ErrorDeclarations, Failure } from './failure.js';
import { assertJsonOnly } from './schema.js';

type NoErrors = Record<never, never>;
type Fields = z.ZodObject;

/** What a contract says about itself, readable on the class. `answer` is undefined where nothing is answered. */
export interface Contract<Input extends Fields = Fields, Answer extends z.ZodType = z.ZodType> {
  readonly kind: 'command' | 'query' | 'event';
  /** The identity on the wire: `<context>.<message>.v<N>`. */
  readonly messageName: string;
  /** The context that owns the message: the first part of its name. */
  readonly context: string;
  readonly access: Access;
  readonly input: Input;
  readonly answer: Answer | undefined;
  readonly errors: ErrorDeclarations;
  /** The field by which messages keep their order. */
  readonly key: string | undefined;
  /** Its answer holds a secret and is never stored. */
  readonly sensitive: boolean;
  /** Carried out twice it harms nobody: the bus may ask again without a call id. */
  readonly repeatable: boolean;
  /** Shown in the documentation; both sides fit their schemas. */
  readonly example: Example | undefined;
}

export interface Example<Input = unknown, Answer = unknown> {
  readonly input: Input;
  readonly output?: Answer;
}

interface Fails<Errors extends ErrorDeclarations> {
  /** Makes one of the errors that this contract declares. `details` must match the declared shape. */
  failure<Code extends keyof Errors & string>(
    code: Code,
    ...details: Errors[Code] extends { details: infer Details extends z.ZodType } ? [z.input<Details>] : []
  ): Failure;
}

type Instance<Input extends Fields> = Readonly<z.output<Input>>;
type AnswerOf<Answer extends z.ZodType | undefined> = Answer extends z.ZodType ? z.output<Answer> : void;

export type CommandClass<
  Input extends Fields,
  Answer extends z.ZodType | undefined,
  Errors extends ErrorDeclarations,
> = Omit<Contract<Input>, 'answer'> &
  Fails<Errors> & { readonly answer: Answer; new (input: z.input<Input>): Instance<Input> & Command<AnswerOf<Answer>> };

export type QueryClass<Input extends Fields, Answer extends z.ZodType, Errors extends ErrorDeclarations> = Omit<
  Contract<Input>,
  'answer'
> &
  Fails<Errors> & { readonly answer: Answer; new (input: z.input<Input>): Instance<Input> & Query<z.output<Answer>> };

export type EventClass<Data extends Fields> = Contract<Data> & { new (data: z.input<Data>): Instance<Data> };

/** Any message class; what the registry and the buses work with. */
// oxlint-disable-next-line typescript/no-explicit-any -- a constructor of unknown parameters is only assignable this way
export type MessageClass = Contract & (new (input: any) => object);

interface Speakable<Input extends Fields, Output extends z.ZodType | undefined, Errors extends ErrorDeclarations> {
  access: Access;
  input: Input;
  errors?: Errors;
  example?: Example<z.input<Input>, Output extends z.ZodType ? z.input<Output> : undefined>;
}

/**
 * Declares a command. The class is the type that its handler satisfies, the check at every boundary, the OpenAPI body
 * and the wire format. `key` names the input field by which sent commands keep their order.
 * @throws TypeError where the name is malformed or a schema holds what JSON cannot carry
 */
export function command<
  Input extends Fields,
  Answer extends z.ZodType | undefined = undefined,
  const Errors extends ErrorDeclarations = NoErrors,
>(
  name: string,
  declaration: Speakable<Input, Answer, Errors> & {
    output?: Answer;
    key?: keyof z.output<Input> & string;
    sensitive?: boolean;
    repeatable?: boolean;
  },
): CommandClass<Input, Answer, Errors> {
  return declare('command', Command, name, declaration) as unknown as CommandClass<Input, Answer, Errors>;
}

/** Declares a query: asked, answered, no effect. @throws TypeError as `command` does */
export function query<
  Input extends Fields,
  Answer extends z.ZodType,
  const Errors extends ErrorDeclarations = NoErrors,
>(name: string, declaration: Speakable<Input, Answer, Errors> & { output: Answer }): QueryClass<Input, Answer, Errors> {
  return declare('query', Query, name, declaration) as unknown as QueryClass<Input, Answer, Errors>;
}

/** Declares an event. `key` names the field by which its order is kept, usually the aggregate's id. @throws TypeError as `command` does */
export function event<Data extends Fields>(
  name: string,
  declaration: { key: keyof z.output<Data> & string; data: Data },
): EventClass<Data> {
  return declare('event', Object, name, {
    access: { kind: 'internal' },
    input: declaration.data,
    key: declaration.key,
  }) as unknown as EventClass<Data>;
}

const declared = new Map<string, Contract>();

/** The contract of this name, where some module of this process declares it. */
export const contractNamed = (name: string): Contract | undefined => declared.get(name);

const wellFormed = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.v[1-9][0-9]*$/;

function declare(
  kind: Contract['kind'],
  base: new () => object,
  name: string,
  declaration: Omit<Speakable<Fields, undefined, ErrorDeclarations>, 'example'> & {
    example?: Example | undefined;
    output?: z.ZodType | undefined;
    key?: string;
    sensitive?: boolean;
    repeatable?: boolean;
  },
): MessageClass {
  if (!wellFormed.test(name))
    throw new ContractError(`"${name}" is no message name: it must read <context>.<message>.v<N>`);
  assertJsonOnly(declaration.input, name);
  if (declaration.output) assertJsonOnly(declaration.output, `${name} output`);
  const { errors = {} } = declaration;
  const contract = class extends base {
    static readonly kind = kind;
    static readonly messageName = name;
    static readonly context = contextIn(name);
    static readonly access = declaration.access;
    static readonly input = declaration.input;
    static readonly answer = declaration.output;
    static readonly errors = errors;
    static readonly key = declaration.key;
    static readonly sensitive = declaration.sensitive ?? false;
    static readonly repeatable = declaration.repeatable ?? false;
    static readonly example = declaration.example;

    static failure(code: string, details?: unknown): Failure {
      const declared = Object.hasOwn(errors, code) ? errors[code] : undefined;
      if (!declared) throw new ContractError(`${name} declares no error "${code}"`);
      return new Failure({
        code,
        status: declared.status,
        message: declared.message ?? code,
        retryable: false,
        details,
      });
    }

    constructor(input: object) {
      super();
      Object.assign(this, input);
    }
  };
  declared.set(name, contract);
  return contract;
}

/** The class of a message, with its contract. @throws ContractError for an object that is no message */
export function contractOf(message: object): MessageClass {
  const contract = message.constructor as MessageClass;
  if (typeof contract.messageName !== 'string')
    throw new ContractError(`${contract.name} is no message: extend command(), query() or event()`);
  return contract;
}

/**
 * Whether a repeat under a client's key gets the first answer. What may simply be done again, and whose answer is not kept,
 * is done again: the key would only stand in the way of the bus's own repeat.
 */
export const takesKey = ({
  kind,
  sensitive,
  repeatable,
}: Pick<Contract, 'kind' | 'sensitive' | 'repeatable'>): boolean => kind === 'command' && !(sensitive && repeatable);

/** The value by which a message keeps its order, or undefined. */
export function keyOf(message: object): string | undefined {
  const { key } = contractOf(message);
  return key === undefined ? undefined : String((message as Record<string, unknown>)[key]);
}
