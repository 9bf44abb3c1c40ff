/** What is shown to those who watch Nodeward: metrics and health, on one small server. */
export { type MetricsServer, startMetrics } from './server.ts';
