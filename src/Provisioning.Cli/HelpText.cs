using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Provisioning.Cli;

/// <summary>What the generated help cannot know: examples, files, the environment and the exit codes.</summary>
internal static class HelpText
{
    private static readonly Dictionary<string, string> More = new()
    {
        [""] = """
            Examples:
              provisioning enroll pump-0001 --data ./data      on the service's own machine: no other option is needed
              provisioning renew --cert pump-0001.pem --key pump-0001.key --ca root.pem
              provisioning devices --prefix pump- --data ./data
              provisioning revoke --device pump-0001 --reason keyCompromise --data ./data
              provisioning import pumps.csv --id delivery-7 --data ./data
              provisioning enroll --batch pumps.ndjson --data ./data
              provisioning ca --fingerprint 5C1F… --url https://ca.example:8443 --out root.pem

            Environment (an option wins over --data, and --data over the environment):
              PROVISIONING_URL            the service
              PROVISIONING_CA             its root certificate, PEM
              PROVISIONING_CERT, _KEY     your client certificate and its key, PEM
              PROVISIONING_P12_PASSWORD   the password of --p12

            Exit codes:
              0    done
              1    anything else: a file cannot be written, the service is not to be trusted, or fails
              2    the command line, or a file that it names, cannot be used; nothing was sent
              3    refused: the same request will be refused again; the code says why
              4    no credential that the service accepts, or it may not do this
              5    not reached, or busy, for --timeout seconds; running it again later is safe
              6    no such device, certificate or authority
              7    done but for some rows or units of a list, which were refused or wait for an approval
              130  interrupted; running it again is safe

            Errors are one line on standard error: 'code: sentence', or with --json
            {"error":{"code":"…","detail":"…","exitCode":3,"status":409}}.
            """,
        ["enroll"] = """
            Files, in the --out folder:
              DEVICE.key   the private key, PKCS#8, for its owner only; it never leaves this machine
              DEVICE.csr   the request made with it; a repeated run sends it again
              DEVICE.pem   the certificate, and those between it and the root
            A key that is there is used. If the answer was lost, run the same command again: it gives the same
            certificate. A file that ends in .pending belongs to a run that has not got its answer yet; the next run
            goes on with it.

            Examples:
              provisioning enroll pump-0001 --data ./data --out /etc/pump
              provisioning enroll pump-0001 --url https://ca.example:8443 --ca root.pem \
                  --cert factory-line.pem --key factory-line.key --attribute batch=2026-07 --attribute line=4
              provisioning enroll pump-0001 --csr pump-0001.csr --p12 factory-line.p12 --ca root.pem --json

            With --batch, the keys are elsewhere already. LIST is a folder with a file DEVICE.csr for each device (PEM or
            DER), one JSON object a line ({"deviceId":"pump-1","csr":"MIH…"}), or comma-separated values whose first line
            names the columns: deviceId, csr (PEM or base64) or csrFile (a path, from the folder of the list), group, lot,
            slot, attribute:NAME. The results file gets a line for each unit, with its certificate, or the code of its
            refusal. Kill it whenever you like, and run it again: units that have their line are passed over, and no unit
            gets a second one. Exit code 7: some units were refused (--retry-refused tries them again), wait for an
            approval (the next run asks again), or are on rows that cannot be read.

              provisioning enroll --batch pumps.ndjson --lot PO-4711 --data ./data
              provisioning enroll --batch requests/ --results done.ndjson --certificates certificates/ --data ./data
            """,
        ["renew"] = """
            The old pair keeps working until the new one is used. The new key is stored first (KEY.pending), then the
            new certificate (CERT.pending); only then are both renamed. After a power cut at any moment one whole pair
            is on the disk, and the next run of any command with this --cert and --key puts it in place.

            Examples:
              provisioning renew --cert pump-0001.pem --key pump-0001.key --ca root.pem
              provisioning renew --cert pump-0001.pem --key pump-0001.key --ca root.pem -q --if-due --unattended
                  (once a day, at a time of day that is another one for each device)
            """,
        ["devices"] = """
            Examples:
              provisioning devices --state active --limit 20 --data ./data
              provisioning devices --prefix pump- --json --data ./data | jq -r '.items[].deviceId'
              provisioning devices certificates pump-0001 --data ./data
              provisioning devices suspend pump-0001 --reason 'reported stolen' --data ./data      and later 'resume'
              provisioning devices decommission pump-0001 --yes --data ./data
            """,
        ["revocations"] = """
            A job goes on by itself when the service was interrupted. It concerns what was on record when it began, and
            what is renewed from that while it runs. What it put on hold, another job releases.

            Examples:
              provisioning revocations preview --group pumps --reserved-from 2027-01-01 --reason certificateHold --data ./data
              provisioning revocations confirm 4F1E0C6B… --watch --yes --data ./data
              provisioning revocations preview --devices stolen.txt --reason cessationOfOperation --data ./data
              provisioning revocations preview --releases 8A1F6C0B57D94E238B1C4D7E90A2F365 --data ./data
              provisioning revocations stop 8A1F6C0B57D94E238B1C4D7E90A2F365 --data ./data
            """,
        ["campaigns"] = """
            Examples:
              provisioning campaigns start pumps --reason 'new authority' --over 6h --data ./data
              provisioning campaigns stragglers pumps 5D0C7A3B19E84F62A7D1C3B5E9F20846 --json --data ./data
            """,
        ["forecast"] = """
            'late' are devices that were seen in their window and have not renewed; 'unlikely' are those that were not seen:
            never with this certificate, or not in their window, or not for as long as --silent-for says.

            Examples:
              provisioning forecast --days 90 --data ./data
              provisioning forecast devices --outlook unlikely --group pumps --json --data ./data | jq -r '.items[].deviceId'
            """,
        ["revoke"] = """
            A revocation is final; only a hold can be released. On a terminal it asks first.

            Examples:
              provisioning revoke 5F0A6C3C3B0E4D5A8E6F1B2C3D4E5F60 --reason superseded --data ./data
              provisioning revoke --device pump-0001 --reason keyCompromise --yes --data ./data
              provisioning revoke --device pump-0001 --hold --data ./data
              provisioning revoke --device pump-0001 --release --data ./data
            """,
        ["import"] = """
            FILE has a first line that names its columns (deviceId, group, claimBatch, keyThumbprint, attribute:NAME),
            or one JSON object a line with those fields and "attributes". Of any length. A row that cannot be taken is told
            with its line and stops nothing; then the exit code is 7. A run that was interrupted or killed is started again
            with the same file and the same --id: the service goes on where it was, and refuses another file of that name.

            Examples:
              provisioning import pumps.csv --id delivery-7 --data ./data
              provisioning import pumps.csv --id delivery-7 --problems bad.ndjson --json --data ./data
            """,
        ["export"] = """
            When the connection breaks, it goes on behind the last device. What changes meanwhile may be in it or not.

            Examples:
              provisioning export devices --out devices.ndjson --data ./data
              provisioning export devices --format csv --group pumps --state active --out active.csv --data ./data
              provisioning export devices --data ./data | jq -r .deviceId
            """,
        ["lots"] = """
            What is named with 'change' replaces what is there; the rest stays. It is read, changed and written only if
            nobody else has changed it meanwhile. 'close' and 'report' verify what they write; 'verify' needs no service.

            Examples:
              provisioning lots create PO-4711 --group pumps --quota 1000 --range PUMP-000001..PUMP-001010 \
                  --station line-1 --station line-2 --not-after 2026-12-31T18:00Z --data ./data
              provisioning lots show PO-4711 --data ./data
              provisioning lots scrap PO-4711 PUMP-000017 --reason 'dead on the bench' --data ./data
              provisioning lots close PO-4711 --out report.jws --units units.ndjson --data ./data
              provisioning lots verify report.jws --lot PO-4711 --units units.ndjson --ca root.pem
            """,
        ["tokens"] = """
            A token is as secret as a key. It is printed once; pictures are written for their owner only. When the answer
            to 'create' is lost, it ends with 1 and outcome-unknown: the tokens that it may have made can be listed and
            revoked, but not read, and another run makes others.

            Examples:
              provisioning tokens create --group pumps --device pump-1 --not-after 30d --qr pump-1.png --data ./data
              provisioning tokens create --group pumps --pattern 'PUMP-[0-9]{6}' --uses 500 --not-after 12h --data ./data
              provisioning tokens --state active --data ./data
              provisioning tokens revoke 4XN5A0T2R8W9K3QJ --data ./data
            """,
        ["groups"] = """
            Examples:
              provisioning groups preview pumps --pattern 'PUMP-[0-9]{6}' --data ./data
              provisioning groups save pumps --profile mqtt-client --pattern 'PUMP-[0-9]{6}' \
                  --credential registrar --credential token --require model --data ./data
              provisioning groups show pumps --json --data ./data > pumps.json
              provisioning groups save pumps --file pumps.json --data ./data
            """,
        ["profiles"] = """
            Examples:
              provisioning profiles show mqtt-client --data ./data > mqtt-client.json
              provisioning profiles save mqtt-client mqtt-client.json --if-version 1 --data ./data
              provisioning profiles versions mqtt-client --data ./data
            """,
        ["ca"] = """
            Everything else rests on trusting the right root. Get its SHA-256 fingerprint by another way (the operator
            reads it with: openssl x509 -in root.pem -noout -fingerprint -sha256) and give it with --fingerprint.

            Examples:
              provisioning ca --fingerprint 5C:1F:…:9A --url https://ca.example:8443 --out root.pem
              provisioning ca --ca root.pem --chain --out chain.pem
              provisioning ca --insecure-first-fetch --url https://ca.example:8443 --out root.pem
            """,
    };

    /// <summary>Puts it below the generated help.</summary>
    internal static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Action((HelpAction)help.Action!);
    }

    private sealed class Action(HelpAction generated) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var exitCode = generated.Invoke(parseResult);
            var path = CommandTree.Path(parseResult);

            // A verb below another one has its examples there.
            if (More.TryGetValue(path, out var text) || More.TryGetValue(path.Split(' ')[0], out text))
                parseResult.InvocationConfiguration.Output.WriteLine(text);
            return exitCode;
        }
    }
}
