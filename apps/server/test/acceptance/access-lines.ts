import type { Shop } from '../shop.js';

export type Owner = 'guest' | 'customer';
/** `guest` has the token of a cart, `stranger` the one of another cart, `customer` and `other` are two who are logged in. */
export type Who = Owner | 'anonymous' | 'stranger' | 'other' | 'admin';
export type Headers = Readonly<Record<string, string>>;

interface Request {
  /** What stands in the path. */
  readonly values?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** Where there is none, one that fits the document. */
  readonly body?: object | string;
}

/** Something that belongs to somebody: what stands for it in a path, and what its owner sends along. */
export interface Resource {
  readonly values: Readonly<Record<string, string>>;
  readonly headers: Headers;
}

/** What each is answered: a status, or a refusal in short. `of` makes somebody's resource: all the others must not get at it. */
export interface Line {
  readonly answers: Readonly<Record<Who, number | string>>;
  readonly request: (number: number) => Request;
  readonly of?: (shop: Shop, owner: Owner, headers: Headers) => Promise<Resource>;
}

export const unauthenticated = '401 kernel.unauthenticated';
const forbidden = '403 kernel.forbidden';
export const uuid = '0199f3a2-7c1e-7abc-8def-0123456789ab';

const line = (answers: Line['answers'], request: Request | Line['request'] = {}): Line => ({
  answers,
  request: typeof request === 'function' ? request : () => request,
});
const all = (answer: number | string): Line['answers'] => ({
  anonymous: answer,
  guest: answer,
  stranger: answer,
  customer: answer,
  other: answer,
  admin: answer,
});
const nobodyUnknown = { anonymous: unauthenticated, guest: unauthenticated, stranger: unauthenticated };

export const anyone = (answer: number | string, request?: Request | Line['request']) => line(all(answer), request);
export const members = (answer: number | string, request?: Request | Line['request']) =>
  line({ ...all(answer), ...nobodyUnknown }, request);
export const admins = (answer: number | string, request?: Request | Line['request']) =>
  line({ ...all(answer), ...nobodyUnknown, customer: forbidden, other: forbidden }, request);
/** For the owner alone, and, where `admin` says so, the admin: to everybody else it is not there. */
export const owners = (
  of: NonNullable<Line['of']>,
  answer: number,
  notThere: string,
  { admin = notThere, ...request }: Request & { admin?: number | string } = {},
): Line => ({ ...line({ ...all(notThere), guest: answer, customer: answer, admin }, request), of });
