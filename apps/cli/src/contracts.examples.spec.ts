import { beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { messageClasses, readContracts } from './contracts.js';

interface Shown {
  schema: Record<string, unknown>;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Response {
  $ref?: string;
  content?: Record<string, Shown>;
}
interface Operation {
  operationId: string;
  parameters?: (Shown & { name: string; in: string; required?: boolean })[];
  requestBody?: { content: Record<string, Shown> };
  responses: Record<string, Response>;
}
interface Document {
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; responses: Record<string, Response> };
}

/** What is wrong with a value by a JSON schema, or undefined. */
function misfit(schema: object, value: unknown, { components }: Document): string | undefined {
  const whole = JSON.stringify({ ...schema, $defs: components.schemas }).replaceAll(
    '#/components/schemas/',
    '#/$defs/',
  );
  // Zod reads patterns without the flag that \p needs: the message's own spec above has checked those.
  const readable = JSON.parse(whole, (name, part: unknown) =>
    name === 'pattern' && String(part).includes('\\p{') ? undefined : part,
  );
  const { error } = z.fromJSONSchema(readable).safeParse(value);
  return error && z.prettifyError(error);
}

describe('every message', () => {
  it('shows an example that fits it', async () => {
    const faults = (await messageClasses()).flatMap(({ message: { messageName, kind, input, answer, example } }) => {
      if (kind === 'event') return [];
      if (!example) return [`${messageName} has no example`];
      const { error } = input.safeParse(example.input);
      const output = answer?.safeParse(example.output).error;
      return [
        ...(error ? [`${messageName} input: ${z.prettifyError(error)}`] : []),
        ...(output ? [`${messageName} output: ${z.prettifyError(output)}`] : []),
        ...(!answer && example.output !== undefined ? [`${messageName} answers nothing, but its example does`] : []),
      ];
    });
    expect(faults).toEqual([]);
  });
});

describe('every operation', () => {
  let document: Document;
  let operations: Operation[];
  beforeAll(async () => {
    document = JSON.parse((await readContracts()).files['contracts/openapi.json']!) as Document;
    operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  });
  const faultOf = (where: string, { schema, example }: Shown): string[] => {
    if (example === undefined) return [`${where} has no example`];
    const fault = misfit(schema, example, document);
    return fault ? [`${where}: ${fault}`] : [];
  };

  it('shows a parameter, a body and an answer that fit', () => {
    const faults = operations.flatMap(({ operationId, parameters = [], requestBody, responses }) => [
      ...parameters.flatMap((parameter) => faultOf(`${operationId} ${parameter.in} ${parameter.name}`, parameter)),
      ...Object.values(requestBody?.content ?? {}).flatMap((body) => faultOf(`${operationId} body`, body)),
      ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
        status.startsWith('2')
          ? Object.values(content).flatMap((answer) => faultOf(`${operationId} ${status}`, answer))
          : [],
      ),
    ]);
    expect(faults).toEqual([]);
  });

  it('shows each of its errors', () => {
    const faults = operations.flatMap(({ operationId, responses }) =>
      Object.entries(responses).flatMap(([status, response]) => {
        const { content = {} } = response.$ref
          ? document.components.responses[response.$ref.split('/').at(-1)!]!
          : response;
        if (status.startsWith('2') || status === '304') return [];
        const { schema, examples = {} } = content['application/problem+json']!;
        const codes = JSON.parse(
          /"code":\{"type":"string","enum":(\[.*?\])/.exec(JSON.stringify(schema))![1]!,
        ) as string[];
        return codes.flatMap((code) => {
          const fault = examples[code] ? misfit(schema, examples[code].value, document) : 'no example';
          return fault ? [`${operationId} ${status} ${code}: ${fault}`] : [];
        });
      }),
    );
    expect(faults).toEqual([]);
  });

  it('has a name of its own that a client can be generated from, and a tag that is described', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(
      names.filter((name, index) => names.indexOf(name) < index || !/^[a-z]+([A-Z][a-z0-9]+)*$/.test(name)),
    ).toEqual([]);
    expect(document.tags.filter(({ description }) => !description)).toEqual([]);
  });
});
