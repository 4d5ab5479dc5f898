import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandomness } from '#kernel/base';

const PATIENCE_MS = 90_000;
/** So many answers do not come through, beside those of a server that dies. */
const LOST = 0.05;

interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; or what makes a stream, anew for each repeat. */
  readonly body?: object | (() => AsyncIterable<Uint8Array>);
  /** Codes of the refusals that may well come. Any other ends the test. */
  readonly refusals?: readonly string[];
}

interface Answer<Body> {
  /** The code, where the shop refused. */
  readonly refused?: string;
  readonly body: Body;
}

export interface Account {
  readonly email: string;
  readonly password: string;
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Somebody who does not give up: every request is repeated until the shop answers. With an account, as its user. */
export class Client {
  /** What nobody's requests should meet but where something is broken: no answer, or one that says neither what is so nor when to come again. */
  static readonly troubles: string[] = [];

  private tokens: Tokens | undefined;

  constructor(
    private readonly url: string,
    private readonly chance: SeededRandomness,
    private readonly account?: Account,
  ) {}

  async ask<Body = unknown>(method: string, path: string, request: Request = {}): Promise<Answer<Body>> {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(30)) {
      if (this.account) this.tokens ??= await this.logIn(this.account);
      const answer = await this.attempt<Body & { code?: string }>(method, path, request);
      if (answer === undefined || answer.status >= 500) continue; // down for a moment, or who knows
      const { status, body } = answer;
      if (status < 300) return { body };
      if (body?.code !== undefined && request.refusals?.includes(body.code)) return { refused: body.code, body };
      if (status === 401 && this.tokens) this.tokens = undefined; // it is over: a new one
      else throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    }
    throw new Error(`${method} ${path} was not answered for long`);
  }

  /** Changes the tokens for new ones. A refresh token that may be used up is worth nothing: then a new log-in. */
  async refresh(): Promise<void> {
    if (!this.tokens) return;
    const body = { refreshToken: this.tokens.refreshToken };
    this.tokens = undefined;
    const answer = await new Client(this.url, this.chance).attempt<Tokens>('POST', '/auth/refresh', { body });
    if (answer?.status === 200) this.tokens = answer.body;
    else if (answer && answer.status < 500) throw new Error(`a fresh refresh token is refused: ${answer.status}`);
  }

  private async logIn(account: Account): Promise<Tokens> {
    return (await new Client(this.url, this.chance).ask<Tokens>('POST', '/auth/login', { body: account })).body;
  }

  /** The answer, or undefined where there was none: nobody knows then whether it was done. */
  private async attempt<Body>(
    method: string,
    path: string,
    { headers = {}, body }: Request,
  ): Promise<{ status: number; body: Body } | undefined> {
    try {
      const answer = await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers: {
          ...(this.tokens ? { authorization: `Bearer ${this.tokens.accessToken}` } : {}),
          ...(body && typeof body !== 'function' ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        ...(typeof body === 'function' ? { body: body(), duplex: 'half' } : body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(20_000),
      });
      const text = await answer.text();
      if (answer.status >= 500 && answer.status !== 503) Client.troubles.push(`${method} ${path}: ${text}`);
      if (this.chance.next() < LOST) return undefined;
      return { status: answer.status, body: (text ? JSON.parse(text) : undefined) as Body };
    } catch (error) {
      Client.troubles.push(`${method} ${path}: ${String((error as Error).cause ?? error)}`);
      return undefined;
    }
  }
}
