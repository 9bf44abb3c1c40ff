/** How digests reach people: webhook, Slack, Teams and mail, to receivers that are not trusted. */
export { channelsOf } from './channels.ts';
