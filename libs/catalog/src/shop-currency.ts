import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { WrongSettings } from '#kernel/base';
import { Database, sql } from '#kernel/core';
import { CatalogSettings } from './catalog-settings.js';

/** The warning names so many products. */
const MOST_NAMED = 10;

/** The shop's one currency: CLEAVE_CURRENCY, until the first goods fix it in the database for every process and every start. */
@Injectable()
export class ShopCurrency implements OnModuleInit {
  private readonly logger = new Logger('Catalog');
  /** Known once it is fixed: it does not change any more. */
  private fixed: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly settings: CatalogSettings,
  ) {}

  /** @throws WrongSettings where the shop's goods are in another currency than CLEAVE_CURRENCY */
  async onModuleInit(): Promise<void> {
    const { CLEAVE_CURRENCY: chosen } = this.settings;
    const currency = await this.current();
    if (currency !== chosen)
      throw new WrongSettings([
        `CLEAVE_CURRENCY=${chosen}: the goods of this shop are in ${currency}. Set CLEAVE_CURRENCY=${currency}, or start a new shop on another database or CLEAVE_DATA_DIR.`,
      ]);
    await this.warnOfOthers(currency);
  }

  async current(): Promise<string> {
    if (this.fixed !== undefined) return this.fixed;
    const row = await this.database.one<{ currency: string }>(sql`select currency from shop_currency`);
    if (row) this.remember(row.currency);
    return row?.currency ?? this.settings.CLEAVE_CURRENCY;
  }

  /** Fixes it, in the transaction that writes goods; where another process was first, it is that one's. */
  async fix(): Promise<string> {
    if (this.fixed === undefined)
      await this.database.query(
        sql`insert into shop_currency (currency) values (${this.settings.CLEAVE_CURRENCY}) on conflict do nothing`,
      );
    return this.current();
  }

  /** Not before the commit: this very transaction may have written it, and may be rolled back. */
  private remember(currency: string): void {
    const keep = () => void (this.fixed = currency);
    const transaction = this.database.currentTransaction();
    if (transaction) transaction.afterCommit.push(keep);
    else keep();
  }

  /** Goods in another currency are of a version that took them: they are not for sale. */
  private async warnOfOthers(currency: string): Promise<void> {
    const products = await this.database.query<{ handle: string; variants: number }>(sql`
      select handle, count(*) as variants from variant join product on product.id = product_id
      where price_currency <> ${currency} group by handle order by handle`);
    if (products.length === 0) return;
    const variants = products.reduce((sum, product) => sum + product.variants, 0);
    const names = products.slice(0, MOST_NAMED).map(({ handle }) => handle);
    const more = products.length > names.length ? ', …' : '';
    this.logger.warn(
      `${variants} ${variants === 1 ? 'variant is' : 'variants are'} priced in another currency than ${currency}, the shop's, and cannot be bought. To mend it, PATCH /api/v1/products/{idOrHandle} with their prices in ${currency}: ${names.join(', ')}${more}`,
    );
  }
}
