import * as z from 'zod';
import { ProcessesFile } from '#kernel/local';
import { ServerSettings } from '../../server/src/server-settings.js';

/** Which server, and who asks. */
export interface OperatorOptions {
  readonly url?: string;
  readonly token?: string;
  readonly email?: string;
  readonly password?: string;
}

const Problem = z.object({
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  traceId: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).default([]),
});
const Tokens = z.object({ accessToken: z.string() });

/** A person who operates a running shop by its HTTP API, logged in. Whatever goes wrong is an Error with a sentence for that person. */
export class Operator {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /**
   * Logs in: by a token, by e-mail and password, or, outside production, as the demo's admin. The environment stands in for
   * options that are not given: CLEAVE_TOKEN, CLEAVE_EMAIL, CLEAVE_PASSWORD.
   */
  static async logIn(options: OperatorOptions, environment = process.env): Promise<Operator> {
    const url = (options.url ?? (await localServer(environment))).replace(/(?<!\/)\/+$/, '');
    const given = options.token ?? ((options.email === undefined && environment['CLEAVE_TOKEN']) || undefined);
    return new Operator(url, given ?? (await tokenOf(url, await whoLogsIn(options, environment))));
  }

  /** The answer's JSON; undefined where there is none. */
  async ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const authorization = `Bearer ${this.token}`;
    return ask(this.url, path, {
      method,
      headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }
}

/** The server that runs on the data directory, else where one would be by default. */
async function localServer(environment: NodeJS.ProcessEnv): Promise<string> {
  const { CLEAVE_DATA_DIR } = new ServerSettings(environment);
  const server = (await new ProcessesFile(CLEAVE_DATA_DIR).living()).find(({ api }) => api);
  return `http://localhost:${server?.ports['http'] ?? 3000}`;
}

async function whoLogsIn(
  options: OperatorOptions,
  environment: NodeJS.ProcessEnv,
): Promise<{ email: string; password: string }> {
  // A variable that is empty is one that is not set, as with settings.
  const email = options.email ?? (environment['CLEAVE_EMAIL'] || undefined);
  const password = options.password ?? (environment['CLEAVE_PASSWORD'] || undefined);
  if (email !== undefined && password !== undefined) return { email, password };
  if (email === undefined && password === undefined && environment['NODE_ENV'] !== 'production')
    return (await import('#identity/contracts')).demoAdministrator;
  throw new Error(
    'Who asks? Give --token, or --email and --password; or set CLEAVE_TOKEN, or CLEAVE_EMAIL and CLEAVE_PASSWORD.',
  );
}

async function tokenOf(url: string, who: { email: string; password: string }): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await ask(url, '/api/v1/auth/login', { method: 'POST', headers, body: JSON.stringify(who) });
  return Tokens.parse(answer).accessToken;
}

async function ask(url: string, path: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(`${url}${path}`, { ...request, signal: AbortSignal.timeout(30_000) }).catch(
    (error: unknown) => {
      const { cause = error } = error as { cause?: unknown };
      const why = (cause as { code?: string }).code ?? String(cause);
      throw new Error(`No server answers at ${url} (${why}). Start it, or name another with --url.`, { cause: error });
    },
  );
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : read(text, response, url);
  const problem = Problem.safeParse(read(text, response, url));
  if (!problem.success) throw notCleave(response, url);
  const { status, code, detail, traceId, errors } = problem.data;
  const fields = errors.map((field) => `\n  ${field.pointer}: ${field.detail}`).join('');
  throw new Error(`${detail} (${status} ${code}, trace ${traceId})${fields}`);
}

function read(text: string, response: Response, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw Object.assign(notCleave(response, url), { cause: error });
  }
}

const notCleave = ({ status }: Response, url: string): Error =>
  new Error(`What answers at ${url} with status ${status} is not Cleave. Name its address with --url.`);
