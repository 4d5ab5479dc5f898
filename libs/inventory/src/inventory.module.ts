import { Module } from '@nestjs/common';
import { context } from '#kernel/core';
import { InventoryReservationVersion1760000000001 } from '#migrations/inventory/reservation-version.js';
import { InventoryTables1760000000000 } from '#migrations/inventory/tables.js';
import { CommitStockHandler } from './commit-stock.handler.js';
import { ExpireReservationHandler } from './expire-reservation.handler.js';
import { GetStockHandler } from './get-stock.handler.js';
import { InventorySettings } from './inventory.settings.js';
import { ReleaseStockHandler } from './release-stock.handler.js';
import { Reservations } from './reservations.js';
import { ReserveStockHandler } from './reserve-stock.handler.js';
import { SetStockHandler } from './set-stock.handler.js';
import { StartingStock } from './starting-stock.subscriber.js';
import { StockItems } from './stock-items.js';

@Module({
  imports: [
    context('inventory', {
      migrations: [InventoryTables1760000000000, InventoryReservationVersion1760000000001],
      settings: InventorySettings,
    }),
  ],
  providers: [
    StockItems,
    Reservations,
    GetStockHandler,
    SetStockHandler,
    ReserveStockHandler,
    CommitStockHandler,
    ReleaseStockHandler,
    ExpireReservationHandler,
    StartingStock,
  ],
})
export class InventoryModule {}
