import { hasExpired } from './payment.js';
import type { Payment } from './payment-data.js';

/** Forms may lead to the shop's return URL, so their targets are left open; everything else is shut. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
};

/** The page on which the customer approves or declines, or reads that there is nothing to do any more. */
export function paymentPage(payment: Payment, now: number): string {
  const { reference, returnUrl } = payment;
  return layout(`
    <h1>${escape(price(payment))}</h1>
    <p>Payment ${escape(reference)}</p>
    ${body(payment, now)}
    ${returnUrl === null ? '' : `<p><a href="${escape(returnUrl)}">Back to the shop</a></p>`}`);
}

export function messagePage(message: string): string {
  return layout(`<p>${escape(message)}</p>`);
}

function body(payment: Payment, now: number): string {
  if (hasExpired(payment, now)) return '<p><strong>This payment has expired.</strong></p>';
  switch (payment.status) {
    case 'requires_action':
      return `
    <form method="post">
      <button name="outcome" value="approve">Approve</button>
      <button name="outcome" value="decline">Decline</button>
    </form>`;
    case 'processing':
      return '<p>The payment is being processed. Reload this page in a moment.</p>';
    case 'voided':
      return '<p><strong>This payment has been voided.</strong></p>';
    case 'declined':
      return '<p><strong>The payment is declined.</strong></p>';
    case 'authorized':
    case 'captured':
    case 'partially_refunded':
    case 'refunded':
      return '<p><strong>The payment is approved.</strong></p>';
  }
}

function layout(content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Test payment</title>
    <style>
      body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; }
      button { font: inherit; padding: .6rem 1.4rem; margin-right: .5rem; }
    </style>
  </head>
  <body>${content}
  </body>
</html>
`;
}

function price({ amount, currency }: Payment): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
