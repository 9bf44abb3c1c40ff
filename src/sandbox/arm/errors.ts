/** An answer that refuses a request, with the body as Azure writes it. */
export class ArmError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`${status}`);
    this.name = 'ArmError';
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** As Azure Resource Manager itself refuses: `{ error: { code, message } }`. */
export function refusal(status: number, code: string, message: string): ArmError {
  return new ArmError(status, { error: { code, message } });
}

/** As the AKS resource provider refuses: a flat object. */
export function aksRefusal(status: number, code: string, message: string): ArmError {
  return new ArmError(status, { code, details: null, message, subcode: '' });
}

/** A resource that is not there, in Resource Manager's words. */
export function notFound(type: string, name: string, resourceGroup: string): ArmError {
  const message = `The Resource '${type}/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
  return new ArmError(
    404,
    { error: { code: 'ResourceNotFound', message } },
    { 'x-ms-failure-cause': 'gateway' },
  );
}
