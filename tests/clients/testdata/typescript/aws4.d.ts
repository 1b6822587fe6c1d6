declare module "aws4" {
  const aws4: { sign(request: object, credentials: object): { headers: object } };
  export default aws4;
}
