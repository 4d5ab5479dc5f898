const OUTSIDE = Symbol('cleave:without-transaction');

/**
 * Marks a command handler that must ask others, or talk to the outside world, before it writes. It opens exactly one
 * transaction itself (`database.transaction`), and that transaction's result is the handler's answer.
 */
export const WithoutTransaction = (): ClassDecorator => (target) => Reflect.defineMetadata(OUTSIDE, true, target);

export const runsWithoutTransaction = (type: object): boolean => Reflect.hasOwnMetadata(OUTSIDE, type);
