// Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no".
using System;
using System.Text;

static class Driver {
    static string Answer(string[] said) {
        if (said[0] == "signature") {
            byte[] key = KamiProof.Decode(said[1]), signed = KamiProof.Decode(said[2]), signature = KamiProof.Decode(said[3]);
            return P256.IsSigned(signed, signature, key) ? "{}" : null;
        }
        var roots = said[1].Split(' ');
        if (said[0] != "answer") {
            var by = new Asked { app = said[2], code = said[3], machine = said[4], device = said[8] == "" ? null : said[8] };
            long clock = long.Parse(said[6]), latest = long.Parse(said[7]);
            if (said[0] == "lease") return KamiProof.CheckLease(roots, said[5], by, clock, latest).json;
            return KamiProof.CheckLicence(roots, Encoding.UTF8.GetString(KamiProof.Decode(said[5])), by, clock, latest).json;
        }
        var asked = new Asked {
            app = said[2], route = said[3], nonce = said[4], code = said[5], machine = said[6], request = said[7],
            device = said[12] == "" ? null : said[12],
        };
        var moment = Math.Max(long.Parse(said[10]), long.Parse(said[11]));
        return KamiProof.Check(roots, asked, int.Parse(said[8]), said[9], moment).json;
    }
    static void Main() {
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(false);
        for (string line; (line = Console.ReadLine()) != null;) {
            string found = null;
            try { found = Answer(line.Split('\x1f')); } catch (Exception) { }
            Console.WriteLine(found == null ? "no" : "yes " + found);
        }
    }
}
