/** Which log a record was appended to: what was meant for one that is no more is passed over. */
export const LOG_HEADER = Buffer.from('log');

/** What a record's signature is for. */
export const destinationOf = (topic: string, partition: number, log: string): string => `${topic}/${partition} ${log}`;
