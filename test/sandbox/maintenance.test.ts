import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opensWithin } from '../../src/sandbox/engine/maintenance.ts';

const HOUR = 3_600_000;

/** The hours of a span of days at which a window opens, as ISO instants. */
function openings(window: Record<string, unknown>, from: string, days: number): readonly string[] {
  const start = Date.parse(from);
  return Array.from({ length: days * 24 }, (_, hour) => start + hour * HOUR)
    .filter((hour) => opensWithin({ maintenanceWindow: window }, hour))
    .map((hour) => new Date(hour).toISOString().slice(0, 13));
}

const weekly = { schedule: { weekly: { intervalWeeks: 1, dayOfWeek: 'Saturday' } }, startTime: '01:00' };

test('weekly, in the time of the window', () => {
  assert.deepEqual(openings(weekly, '2024-03-01', 14), ['2024-03-02T01', '2024-03-09T01']);
  assert.deepEqual(openings({ ...weekly, utcOffset: '+02:00' }, '2024-03-01', 7), ['2024-03-01T23']);
  assert.deepEqual(openings({ ...weekly, utcOffset: '-05:00' }, '2024-03-01', 7), ['2024-03-02T06']);
  assert.deepEqual(openings({ ...weekly, utcOffset: '+05:30', startTime: '00:00' }, '2024-03-01', 7), [
    '2024-03-01T18',
  ]);
});

test('every other week, counted from the week it starts in', () => {
  const window = {
    ...weekly,
    startDate: '2024-03-06',
    schedule: { weekly: { intervalWeeks: 2, dayOfWeek: 'Saturday' } },
  };
  assert.deepEqual(openings(window, '2024-03-01', 30), ['2024-03-09T01', '2024-03-23T01']);
});

test('daily, monthly by day, monthly by week', () => {
  const daily = { schedule: { daily: { intervalDays: 3 } }, startDate: '2024-03-02', startTime: '22:30' };
  assert.deepEqual(openings(daily, '2024-03-01', 8), ['2024-03-02T22', '2024-03-05T22', '2024-03-08T22']);
  const byDay = { schedule: { absoluteMonthly: { intervalMonths: 1, dayOfMonth: 15 } }, startTime: '03:00' };
  assert.deepEqual(openings(byDay, '2024-03-01', 61), ['2024-03-15T03', '2024-04-15T03']);
  const byWeek = (weekIndex: string): Record<string, unknown> => ({
    schedule: { relativeMonthly: { intervalMonths: 1, weekIndex, dayOfWeek: 'Tuesday' } },
    startTime: '00:00',
  });
  assert.deepEqual(openings(byWeek('First'), '2024-03-01', 61), ['2024-03-05T00', '2024-04-02T00']);
  assert.deepEqual(openings(byWeek('Last'), '2024-03-01', 61), ['2024-03-26T00', '2024-04-30T00']);
});

test('never on days that are not allowed, nor before it starts, nor without a schedule', () => {
  const window = {
    ...weekly,
    startDate: '2024-03-09',
    notAllowedDates: [{ start: '2024-03-15', end: '2024-03-20' }],
  };
  assert.deepEqual(openings(window, '2024-03-01', 31), ['2024-03-09T01', '2024-03-23T01', '2024-03-30T01']);
  assert.deepEqual(openings({}, '2024-03-01', 31), []);
  assert.equal(opensWithin(null, 0), false);
});
