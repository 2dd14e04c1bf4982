"use strict";
// OPC UA applications of node-opcua. They make their requests themselves, and talk with the certificates that they are given.
//   node opcua.cjs request FOLDER APPLICATION-URI HOST NAME    makes a key and FOLDER/request.pem
//   node opcua.cjs talk SERVER-FOLDER CLIENT-FOLDER PORT       a server and a client, SignAndEncrypt; each folder holds
//                                                              certificate.pem, uri, and perhaps authorities/*.der and *.crl
const { copyFileSync, existsSync, readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");
const {
  AttributeIds, MessageSecurityMode, OPCUACertificateManager, OPCUAClient, OPCUAServer, SecurityPolicy,
} = require("node-opcua");

// Trusts the authorities in its folder, by their CRLs, and nobody else.
async function open(folder) {
  const manager = new OPCUACertificateManager({ rootFolder: folder, keySize: 2048, automaticallyAcceptUnknownCertificate: false });
  await manager.initialize();
  const authorities = path.join(folder, "authorities");
  for (const file of existsSync(authorities) ? readdirSync(authorities).sort() : []) {
    const content = readFileSync(path.join(authorities, file));
    const status = file.endsWith(".crl") ? await manager.addRevocationList(content) : await manager.addIssuer(content, false, true);
    if (status !== "Good") throw new Error(`${file}: ${status}`);
  }
  return manager;
}

async function request(folder, applicationUri, host, name) {
  const manager = await open(folder);
  const file = await manager.createCertificateRequest({
    applicationUri, dns: [host], subject: `/CN=${name}`, startDate: new Date(), validity: 365,
  });
  copyFileSync(file, path.join(folder, "request.pem"));
  await manager.dispose();
}

const identity = (folder, manager) => ({
  certificateFile: path.join(folder, "certificate.pem"),
  privateKeyFile: manager.privateKey,
});

async function talk(serverFolder, clientFolder, port) {
  const [serverManager, clientManager] = [await open(serverFolder), await open(clientFolder)];
  const server = new OPCUAServer({
    ...identity(serverFolder, serverManager),
    port: Number(port),
    hostname: "localhost",
    serverCertificateManager: serverManager,
    serverInfo: { applicationUri: readFileSync(path.join(serverFolder, "uri"), "utf8") },
    securityModes: [MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.Basic256Sha256],
  });
  await server.start();
  const client = OPCUAClient.create({
    ...identity(clientFolder, clientManager),
    applicationUri: readFileSync(path.join(clientFolder, "uri"), "utf8"),
    clientCertificateManager: clientManager,
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
  });
  await client.connect(`opc.tcp://localhost:${port}`);
  const session = await client.createSession();
  const state = await session.read({ nodeId: "i=2259", attributeId: AttributeIds.Value });
  console.log(`the server is in state ${state.value.value}`);
  await session.close();
  await client.disconnect();
  await server.shutdown(0);
}

const [what, ...rest] = process.argv.slice(2);
({ request, talk })[what](...rest).then(
  () => process.exit(0),
  (problem) => {
    console.error(problem.message);
    process.exit(1);
  });
