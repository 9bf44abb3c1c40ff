/** What people decide: exemptions, owners, policy; and the record of it. */
export { auditEvents, auditVerdict } from './audit.ts';
export { exemptionViews } from './exemption-views.ts';
export { addExemption, expireExemptions, type NewExemption, withdrawExemption } from './exemptions.ts';
export { addOwnerRule, type NewOwnerRule, ownerRules, removeOwnerRule } from './owners.ts';
export { policy, setPolicy } from './policy.ts';
export { importVex } from './vex.ts';
