import type { JwksQuery } from './key-ring.js';

/** The application's part in its edges. */
export interface ApiOptions {
  /** The query by which the keys of access tokens are had. */
  readonly jwks: JwksQuery;
  /** The API, described in a sentence. */
  readonly about: string;
  /** Absent where guests own nothing. */
  readonly guest?: GuestToken;
}

/** The token by which a guest shows that something is theirs. */
export interface GuestToken {
  /** The header that carries the token, as HTTP writes it. */
  readonly header: string;
  /** The name of its security scheme in the API's document. */
  readonly scheme: string;
  readonly description: string;
  /** The token in words that follow "by": `the token of the library card`. */
  readonly what: string;
}

export const API_OPTIONS = Symbol('cleave:api-options');
