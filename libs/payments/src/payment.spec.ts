import { describe, expect, it } from '@jest/globals';
import { aggregateSpec } from '#kernel/testing';
import {
  AuthorizePayment,
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  PaymentVoided,
} from './contracts/index.js';
import { Payment } from './payment.js';
import type { PaymentFact } from './payment-fact.js';
import type { ProviderPayment } from './payment-provider.js';
import { RequestCapture, RequestRefund, RequestVoid } from './provider-requests.js';

const paymentId = '0199f3a2-7c1e-7abc-8def-000000000001';
const orderId = '0199f3a2-7c1e-7abc-8def-000000000002';
const ref = { paymentId, orderId };
const euros = (amount: number) => ({ amount, currency: 'EUR' });
const until = '2026-01-31T12:00:00.000Z';
const now = '2026-01-31T11:59:59.999Z';

type Decision = (payment: Payment) => void;
const { given } = aggregateSpec<Payment>({
  from: (facts) => Payment.from(paymentId, facts as PaymentFact[]),
  decide: (payment, decision) => {
    (decision as Decision)(payment!);
    return payment;
  },
});

const authorize: Decision = (payment) =>
  payment.authorize(
    new AuthorizePayment({ ...ref, amount: euros(1_000), provider: 'test', token: 'tok_ok', until }),
    now,
  );
const capture: Decision = (payment) => payment.capture();
const captureAsked: Decision = (payment) => payment.capture(true);
const cancel: Decision = (payment) => payment.cancel();
const cancelAsked: Decision = (payment) => payment.cancel(true);
const refund =
  (reference: string, amount: number, currency = 'EUR'): Decision =>
  (payment) =>
    payment.refund(reference, { amount, currency });
const refuse =
  (reference: string): Decision =>
  (payment) =>
    payment.refundRefused(reference, 'refund_exceeds_captured');
const fail: Decision = (payment) => payment.fail('invalid_request');
const learn =
  (status: ProviderPayment['status'], seen: Partial<ProviderPayment> = {}): Decision =>
  (payment) =>
    payment.learn({ reference: paymentId, id: 'pay_1', status, amount: euros(1_000), ...seen }, now);
const learnCaptured = (refunded = 0, captured = 1_000) =>
  learn(refunded === 0 ? 'captured' : refunded < captured ? 'partially_refunded' : 'refunded', {
    captured: euros(captured),
    refunded: euros(refunded),
  });
const learnAction = learn('requires_action', { nextAction: { url: 'https://pay.example/1' } });
const both =
  (...decisions: Decision[]): Decision =>
  (payment) =>
    decisions.forEach((decide) => decide(payment));

const requested: PaymentFact = { type: 'requested', orderId, amount: euros(1_000), provider: 'test', until };
const known: PaymentFact = { type: 'known_to_provider', reference: 'pay_1' };
const action: PaymentFact = { type: 'action_required', url: 'https://pay.example/1' };
const authorized: PaymentFact = { type: 'authorized' };
const declined: PaymentFact = { type: 'declined', reason: 'card_declined' };
const failed: PaymentFact = { type: 'failed', reason: 'invalid_request' };
const expired: PaymentFact = { type: 'expired' };
const captureRequested: PaymentFact = { type: 'capture_requested' };
const captured: PaymentFact = { type: 'captured', amount: 1_000 };
const cancelled: PaymentFact = { type: 'cancelled' };
const voidRequested: PaymentFact = { type: 'void_requested' };
const voided: PaymentFact = { type: 'voided' };
const refundRequested: PaymentFact = { type: 'refund_requested', reference: `${paymentId}:refund-1`, amount: 1_000 };
const refunded = (total: number): PaymentFact => ({ type: 'refunded', total });

const asksCapture = new RequestCapture({ paymentId, attempt: 0 });
const asksVoid = new RequestVoid({ paymentId, attempt: 0 });
const asksRefund = (number: number | string = 1) =>
  new RequestRefund({
    paymentId,
    refund: typeof number === 'string' ? number : `${paymentId}:refund-${number}`,
    attempt: 0,
  });
const tellsAction = new PaymentActionRequired({ ...ref, url: 'https://pay.example/1' });
const tellsAuthorized = new PaymentAuthorized({ ...ref, amount: euros(1_000) });
const tellsCaptured = new PaymentCaptured({ ...ref, amount: euros(1_000) });
const tellsVoided = new PaymentVoided(ref);
const tellsRefunded = (amount: number, total: number) =>
  new PaymentRefunded({ ...ref, amount: euros(amount), refunded: euros(total), remaining: euros(1_000 - total) });

describe('authorizing', () => {
  it('begins once, and waits', () => {
    given().when(authorize).then();
    given(requested, known, declined)
      .when(both(authorize, learn('declined')))
      .then();
  });
  it('gives back what comes of it where it was cancelled before', () => {
    given(cancelled)
      .when(both(authorize, learn('processing')))
      .then(asksVoid);
    given(cancelled)
      .when(both(authorize, learn('authorized'), learn('voided')))
      .then(asksVoid, tellsVoided);
  });
  it('learns, when it begins, what webhooks told before', () => {
    given()
      .when(both(learn('authorized'), authorize, learn('processing')))
      .then(tellsAuthorized);
    given().when(both(learnAction, authorize)).then(tellsAction);
    given()
      .when(both(learnCaptured(), learn('authorized'), authorize))
      .then(tellsAuthorized, tellsCaptured);
    given(cancelled)
      .when(both(learn('authorized'), authorize))
      .then(asksVoid);
  });
  it('is over when it begins too late', () => {
    const late: Decision = (payment) =>
      payment.authorize(
        new AuthorizePayment({ ...ref, amount: euros(1_000), provider: 'test', token: 'tok_ok', until: now }),
        now,
      );
    given()
      .when(both(late, learn('authorized')))
      .then(asksVoid);
  });
  it('hears a webhook once', () => {
    const hear =
      (id: string, status: ProviderPayment['status']): Decision =>
      (payment) =>
        payment.hear({ id, payment: { reference: paymentId, status, amount: euros(1_000) } }, now);
    given(requested)
      .when(both(hear('evt_1', 'authorized'), hear('evt_1', 'voided')))
      .then(tellsAuthorized);
    given(requested)
      .when(both(hear('evt_1', 'authorized'), hear('evt_2', 'voided')))
      .then(tellsAuthorized, tellsVoided);
  });
  it('waits while the provider does', () => given(requested).when(learn('processing')).then());
  it('tells of the money, from whichever state it comes', () => {
    for (const before of [[requested], [requested, known], [requested, known, action]]) {
      given(...before)
        .when(learn('authorized'))
        .then(tellsAuthorized);
    }
  });
  it('tells the customer what to do, once', () => {
    given(requested).when(learnAction).then(tellsAction);
    given(requested, action).when(learnAction).then();
  });
  it('tells of a decline, from whichever state it comes', () => {
    for (const before of [
      [requested],
      [requested, action],
      [requested, expired],
      [requested, cancelled, voidRequested],
    ]) {
      given(...before)
        .when(learn('declined', { declineReason: 'card_declined' }))
        .then(new PaymentDeclined({ ...ref, reason: 'card_declined' }));
    }
  });
  it('fails as a decline where the provider refuses to hear of it', () => {
    given(requested)
      .when(fail)
      .then(new PaymentDeclined({ ...ref, reason: 'invalid_request' }));
    for (const after of [authorized, expired, cancelled, failed]) given(requested, after).when(fail).then();
  });
  it('expires when its time is over, and not before, and tells nobody', () => {
    given(requested)
      .when(both((payment) => payment.expire(now), learn('authorized')))
      .then(tellsAuthorized);
    given(requested)
      .when(both((payment) => payment.expire(until), learn('authorized')))
      .then(asksVoid);
  });
  it('takes an authorization that turns up at its deadline or later for a lost one', () => {
    const late: Decision = (payment) =>
      payment.learn({ reference: paymentId, id: 'pay_1', status: 'authorized', amount: euros(1_000) }, until);
    given(requested).when(late).then(asksVoid);
    given(requested, authorized, captureRequested).when(late).then();
  });
  it('hears each thing once, and nothing that is older than what it knows', () => {
    for (const news of [learn('processing'), learnAction, learn('authorized'), learn('declined')]) {
      given(requested, known, authorized).when(news).then();
      given(requested, known, authorized, captureRequested, captured).when(news).then();
      given(requested, known, cancelled, voidRequested, voided).when(news).then();
    }
    given(requested, declined)
      .when(both(learn('declined'), learn('processing'), learnAction))
      .then();
  });
  it('takes all that has happened from one late word', () => {
    given(requested).when(learnCaptured(400)).then(tellsAuthorized, tellsCaptured, tellsRefunded(400, 400));
  });
});

describe('capturing', () => {
  it('asks the provider once', () => {
    given(requested, authorized).when(capture).then(asksCapture);
    given(requested, authorized, captureRequested).when(capture).then();
    given(requested, authorized, captureRequested, captured).when(capture).then();
  });
  it('asks for nothing that the provider was asked for already', () =>
    given(requested, authorized).when(both(captureAsked, learnCaptured())).then(tellsCaptured));
  it('remembers a wish that came before the money', () =>
    given(requested)
      .when(both(capture, learn('authorized')))
      .then(tellsAuthorized, asksCapture));
  it('is told once', () => {
    given(requested, authorized, captureRequested).when(both(learnCaptured(), learnCaptured())).then(tellsCaptured);
  });
  it('takes nothing that is not wanted', () => {
    for (const lost of [cancelled, expired, declined, failed]) given(requested, lost).when(capture).then();
  });
  it('records that the authorization was voided meanwhile', () => {
    given(requested, authorized, captureRequested).when(learn('voided')).then(tellsVoided);
  });
});

describe('cancelling', () => {
  it('voids what is not taken', () => {
    for (const before of [
      [requested],
      [requested, action],
      [requested, expired],
      [requested, authorized],
      [requested, authorized, captureRequested],
    ]) {
      given(...before)
        .when(cancel)
        .then(asksVoid);
    }
  });
  it('asks for no void that the provider was asked for already, but for the refund of what was captured meanwhile', () => {
    given(requested, authorized)
      .when(both(cancelAsked, learn('voided')))
      .then(tellsVoided);
    given(requested, authorized).when(both(cancelAsked, learnCaptured())).then(tellsCaptured, asksRefund());
    given(requested, authorized, captureRequested, captured).when(cancelAsked).then(asksRefund());
  });
  it('refunds all that remains of what is taken', () => {
    given(requested, authorized, captureRequested, captured).when(cancel).then(asksRefund());
    given(requested, authorized, captured, refunded(300))
      .when(both(cancel, learnCaptured(1_000)))
      .then(asksRefund(), tellsRefunded(700, 1_000));
  });
  it('does nothing again, nor where nothing is left', () => {
    for (const before of [
      [declined],
      [failed],
      [voided],
      [cancelled, voidRequested],
      [authorized, captured, refunded(1_000)],
      [authorized, captured, cancelled, refundRequested],
    ]) {
      given(requested, ...before)
        .when(cancel)
        .then();
    }
  });
  it('tells once that it is voided, also where the provider never heard of it', () => {
    given(requested, cancelled, voidRequested)
      .when(both((payment) => payment.learn({ reference: paymentId, status: 'voided' }, now), learn('voided')))
      .then(tellsVoided);
  });
  it('keeps an authorization that turns up from the order, while the void is under way', () => {
    given(requested, cancelled, voidRequested).when(learn('authorized')).then();
    given(requested, cancelled, voidRequested, authorized).when(learn('voided')).then(tellsVoided);
  });
  it('refunds a capture that was faster', () => {
    given(requested, authorized, captureRequested, cancelled, voidRequested)
      .when(learnCaptured())
      .then(tellsCaptured, asksRefund());
    given(requested, authorized, captureRequested, cancelled, voidRequested, captured, refundRequested)
      .when(learnCaptured(1_000))
      .then(tellsRefunded(1_000, 1_000));
  });
  it('is told of each refund once', () => {
    given(requested, authorized, captured, cancelled, refundRequested)
      .when(both(learnCaptured(), learnCaptured(1_000), learnCaptured(1_000)))
      .then(tellsRefunded(1_000, 1_000));
  });
  it('asks for what is left where the provider gave some back by itself', () => {
    given(requested, authorized, captured, cancelled, refundRequested)
      .when(both(learnCaptured(200), refuse(`${paymentId}:refund-1`)))
      .then(tellsRefunded(200, 200), asksRefund(2));
  });
  it('never lets go of a refund that it owes and the provider refuses', () => {
    const payment = Payment.from(paymentId, [requested, authorized, captured, cancelled, refundRequested]);
    payment.refundRefused(`${paymentId}:refund-1`, 'refund_refused');
    expect([payment.changed, payment.refundDue(`${paymentId}:refund-1`)?.amount]).toEqual([false, 1_000]);
  });
});

describe('refunding', () => {
  const taken = [requested, authorized, captureRequested, captured];
  const learnDone = (reference: string, total: number) =>
    learn(total < 1_000 ? 'partially_refunded' : 'refunded', {
      captured: euros(1_000),
      refunded: euros(total),
      refundDone: reference,
    });

  it('gives back in parts, one after the other and at once, until nothing is left', () => {
    given(...taken)
      .when(
        both(
          refund('a', 300),
          learnDone('a', 300),
          refund('b', 200),
          refund('c', 500),
          learnDone('c', 800),
          learnDone('b', 1_000),
        ),
      )
      .then(
        asksRefund('a'),
        tellsRefunded(300, 300),
        asksRefund('b'),
        asksRefund('c'),
        tellsRefunded(500, 800),
        tellsRefunded(200, 1_000),
      );
  });
  it('never gives back more than was taken, counting what is under way', () => {
    given(...taken)
      .when(refund('a', 1_001))
      .refuses('payments.refund_exceeds_captured');
    given(...taken)
      .when(both(refund('a', 600), refund('b', 401)))
      .refuses('payments.refund_exceeds_captured');
    given(...taken)
      .when(both(refund('a', 600), learnDone('a', 600), refund('b', 401)))
      .refuses('payments.refund_exceeds_captured');
    for (const none of [[], [authorized], [declined], [authorized, voided], [authorized, captured, refunded(1_000)]]) {
      given(requested, ...none)
        .when(refund('a', 1))
        .refuses('payments.refund_exceeds_captured');
    }
  });
  it('knows one currency', () =>
    given(...taken)
      .when(refund('a', 1, 'USD'))
      .refuses('payments.currency_mismatch'));
  it('frees what the provider refuses', () => {
    given(...taken)
      .when(both(refund('a', 1_000), refuse('a'), refund('b', 1_000)))
      .then(asksRefund('a'), asksRefund('b'));
    given(...taken)
      .when(both(refund('a', 1_000), refuse('a'), refuse('a'), learnDone('a', 0)))
      .then(asksRefund('a'));
  });
  it('counts what is done once, whoever tells of it first', () => {
    given(...taken)
      .when(both(refund('a', 600), learnDone('a', 600), learnDone('a', 600), refund('b', 400)))
      .then(asksRefund('a'), tellsRefunded(600, 600), asksRefund('b'));
  });
  it('leaves a cancellation the rest, and what is refused later too', () => {
    given(...taken)
      .when(both(refund('a', 300), learnDone('a', 300), cancel))
      .then(asksRefund('a'), tellsRefunded(300, 300), asksRefund(2));
    given(...taken)
      .when(both(refund('a', 300), cancel, learnDone(`${paymentId}:refund-2`, 700), refuse('a')))
      .then(asksRefund('a'), asksRefund(2), tellsRefunded(700, 700), asksRefund(3));
  });
  it('finds nothing left behind a cancellation', () =>
    given(...taken)
      .when(both(cancel, refund('a', 1)))
      .refuses('payments.refund_exceeds_captured'));
});

describe('money that nobody waits for any more', () => {
  it.each([
    ['expired', expired],
    ['declined', declined],
    ['failed', failed],
  ])('is voided when it turns up after it was %s, once', (_, lost) => {
    given(requested, lost)
      .when(both(learn('authorized'), learn('authorized')))
      .then(asksVoid);
    given(requested, lost, authorized, voidRequested).when(learn('voided')).then(tellsVoided);
  });
  it('is refunded when it turns up captured', () =>
    given(requested, expired).when(learnCaptured()).then(tellsCaptured, asksRefund()));
});

describe('the books', () => {
  const disagree =
    (decision: Decision): Decision =>
    (payment) => {
      try {
        decision(payment);
      } catch (error) {
        throw Object.assign(error as Error, { code: 'disagree' });
      }
    };
  it.each([
    ['more captured than authorized', learnCaptured(0, 1_001)],
    ['more refunded than captured', learn('partially_refunded', { captured: euros(500), refunded: euros(501) })],
    ['another amount', learn('authorized', { amount: euros(999) })],
    ['another currency', learn('authorized', { amount: { amount: 1_000, currency: 'USD' } })],
  ])('take no word of %s', (_, news) => given(requested, authorized).when(disagree(news)).refuses('disagree'));
  it('take no word of a capture after a void', () => {
    given(requested, authorized, voided).when(disagree(learnCaptured())).refuses('disagree');
  });
});
