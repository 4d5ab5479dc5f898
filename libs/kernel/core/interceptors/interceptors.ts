import type { OutgoingMessage } from '#kernel/messages';
import type { CallRequest } from '../bus/link.js';
import type { Delivery, EdgeAnswer, EdgeRequest, Handling, Interceptor, Next } from './interceptor.js';

type Around<Subject, Result> = (subject: Subject, next: Next<Subject, Result>) => Promise<Result>;

/** All interceptors of a process as one, the first outermost. Where none has a method, the kernel's own step runs alone. */
export class Interceptors implements Required<Interceptor> {
  readonly request: Around<EdgeRequest, EdgeAnswer>;
  readonly ask: Around<CallRequest, unknown>;
  readonly answer: Around<CallRequest, unknown>;
  readonly deliver: Around<Delivery, void>;
  readonly handle: Around<Handling, unknown>;
  /** Whether any interceptor stands around requests: without one, an edge opens no promise for the answer. */
  readonly seeRequests: boolean;

  constructor(private readonly all: readonly Interceptor[]) {
    this.request = around(all, (one) => one.request?.bind(one));
    this.ask = around(all, (one) => one.ask?.bind(one));
    this.answer = around(all, (one) => one.answer?.bind(one));
    this.deliver = around(all, (one) => one.deliver?.bind(one));
    this.handle = around(all, (one) => one.handle?.bind(one));
    this.seeRequests = all.some((one) => one.request !== undefined);
  }

  publish(message: OutgoingMessage): OutgoingMessage {
    return this.all.reduce((published, one) => one.publish?.(published) ?? published, message);
  }
}

function around<Subject, Result>(
  all: readonly Interceptor[],
  method: (one: Interceptor) => Around<Subject, Result> | undefined,
): Around<Subject, Result> {
  const layers = all.map(method).filter((layer) => layer !== undefined);
  return layers.reduceRight<Around<Subject, Result>>(
    (inner, layer) => (subject, next) => layer(subject, (changed) => inner(changed, next)),
    (subject, next) => next(subject),
  );
}
