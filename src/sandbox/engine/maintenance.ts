const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const WEEKS = ['first', 'second', 'third', 'fourth'];

/** A maintenance window as ARM has it; what is missing or odd makes it never open. */
interface Window {
  readonly schedule?: {
    readonly daily?: { readonly intervalDays?: number };
    readonly weekly?: { readonly intervalWeeks?: number; readonly dayOfWeek?: string };
    readonly absoluteMonthly?: { readonly intervalMonths?: number; readonly dayOfMonth?: number };
    readonly relativeMonthly?: {
      readonly intervalMonths?: number;
      readonly weekIndex?: string;
      readonly dayOfWeek?: string;
    };
  };
  readonly utcOffset?: string;
  readonly startDate?: string;
  readonly startTime?: string;
  readonly notAllowedDates?: readonly { readonly start?: string; readonly end?: string }[];
}

/**
 * Whether a maintenance window opens within the hour that begins at an instant (epoch ms).
 * @param configuration the body of a maintenance configuration, as it was written
 */
export function opensWithin(configuration: unknown, hour: number): boolean {
  const window = (configuration as { maintenanceWindow?: Window } | null)?.maintenanceWindow;
  if (window === undefined) return false;
  const offset = offsetMs(window.utcOffset ?? '+00:00');
  const local = hour + offset;
  const day = Math.floor(local / DAY_MS) * DAY_MS;
  const [hours = 0, minutes = 0] = (window.startTime ?? '00:00').split(':').map(Number);
  // The window's start on this day or, where the hour reaches into the next one, on that.
  return [day, day + DAY_MS].some((date) => {
    const opens = date + hours * HOUR_MS + minutes * 60_000;
    return opens >= local && opens < local + HOUR_MS && isDue(window, date);
  });
}

function isDue(window: Window, date: number): boolean {
  const iso = new Date(date).toISOString().slice(0, 10);
  if (window.startDate !== undefined && iso < window.startDate) return false;
  if (window.notAllowedDates?.some(({ start = '', end = '' }) => iso >= start && iso <= end)) return false;
  const since = window.startDate === undefined ? 0 : Date.parse(window.startDate);
  const { daily, weekly, absoluteMonthly, relativeMonthly } = window.schedule ?? {};
  const at = new Date(date);
  if (daily !== undefined) return ((date - since) / DAY_MS) % (daily.intervalDays ?? 1) === 0;
  if (weekly !== undefined) {
    const weeks = Math.floor((date - startOfWeek(since)) / (7 * DAY_MS));
    return isDay(at, weekly.dayOfWeek) && weeks % (weekly.intervalWeeks ?? 1) === 0;
  }
  const months =
    (at.getUTCFullYear() - new Date(since).getUTCFullYear()) * 12 +
    at.getUTCMonth() -
    new Date(since).getUTCMonth();
  if (absoluteMonthly !== undefined)
    return (
      at.getUTCDate() === absoluteMonthly.dayOfMonth && months % (absoluteMonthly.intervalMonths ?? 1) === 0
    );
  if (relativeMonthly === undefined) return false;
  const { dayOfWeek, weekIndex = '', intervalMonths = 1 } = relativeMonthly;
  if (!isDay(at, dayOfWeek) || months % intervalMonths !== 0) return false;
  const last = new Date(date + 7 * DAY_MS).getUTCMonth() !== at.getUTCMonth();
  const index = Math.floor((at.getUTCDate() - 1) / 7);
  return weekIndex.toLowerCase() === 'last' ? last : WEEKS[index] === weekIndex.toLowerCase();
}

function isDay(date: Date, name: string | undefined): boolean {
  return DAYS[date.getUTCDay()] === name?.toLowerCase();
}

function startOfWeek(date: number): number {
  return date - new Date(date).getUTCDay() * DAY_MS;
}

/** `+02:00` in milliseconds. */
function offsetMs(text: string): number {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000;
}
