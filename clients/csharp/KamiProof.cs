// Proofs of what kami answers, and the lease kept for a start without network: goes beside Kami.cs.
using System; using System.Collections.Generic; using System.IO; using System.Linq; using System.Numerics;
using System.Runtime.Serialization.Json; using System.Security.Cryptography; using System.Text; using System.Xml;

public class Asked { public string app, route, nonce, code, machine, request; } // request: the body; null: it has none
// The answer to act upon, when it was made and until when it is good; whether a lease comes with it, or one goes.
public class Proven { public string json, proof; public long at, until; public bool offline, givesUp; }
public static class KamiProof { // on P-256, with what is in every .NET: mono has no ECDsa
    static BigInteger Big(IEnumerable<byte> bytes) => new BigInteger(bytes.Reverse().Concat(new byte[1]).ToArray());
    static BigInteger Hex(string digits) => BigInteger.Parse("0" + digits, System.Globalization.NumberStyles.HexNumber);
    static readonly BigInteger P = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        N = Hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        B = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    static readonly BigInteger[] G = { Hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        Hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"), 1 };
    static BigInteger Mod(BigInteger value) => (value % P + P) % P;
    // Two points of the curve, projective: the complete formulas of Renes, Costello and Batina (2015) for a = -3.
    static BigInteger[] Add(BigInteger[] one, BigInteger[] other) {
        BigInteger x = one[0], y = one[1], z = one[2], u = other[0], v = other[1], w = other[2];
        BigInteger xx = x * u % P, yy = y * v % P, zz = z * w % P, xy = (x * v + y * u) % P;
        BigInteger yz = (y * w + z * v) % P, xz = (x * w + z * u) % P;
        BigInteger c = 3 * (xz - B * zz % P), d = B * xz % P - xx - 3 * zz;
        return new[] { Mod(xy * (yy + c) - 3 * yz * d), Mod(9 * (xx - zz) * d + (yy - c) * (yy + c)),
            Mod(yz * (yy - c) + 3 * xy * (xx - zz)) };
    }
    public static bool IsSigned(byte[] signed, byte[] signature, byte[] key) { // ES256: r and s by the key 04, x, y
        if (signature.Length != 64 || key.Length != 65 || key[0] != 4) return false;
        BigInteger r = Big(signature.Take(32)), s = Big(signature.Skip(32));
        BigInteger x = Big(key.Skip(1).Take(32)), y = Big(key.Skip(33));
        if (r < 1 || r >= N || s < 1 || s >= N) return false;
        if (x >= P || y >= P || Mod(y * y - x * x * x + 3 * x - B) != 0) return false;
        BigInteger back = BigInteger.ModPow(s, N - 2, N), a = Big(Sha(signed)) * back % N, b = r * back % N;
        BigInteger[] total = { 0, 1, 0 }, own = { x, y, 1 };
        var summands = new[] { total, G, own, Add(G, own) };
        for (var bit = 255; bit >= 0; bit--)
            total = Add(Add(total, total), summands[(int)(a >> bit & 1) + 2 * (int)(b >> bit & 1)]);
        return total[2] != 0 && total[0] * BigInteger.ModPow(total[2], P - 2, P) % P % N == r;
    }
    static byte[] Sha(byte[] data) => SHA256.Create().ComputeHash(data);
    static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);
    static void Need(bool fact, string what) { if (!fact) throw new FormatException("no proof: " + what); }
    static string Encode(byte[] data) => Convert.ToBase64String(data).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    public static byte[] Decode(string text) { // the one way to write it, and no other
        var padding = "===".Substring((text.Length + 3) % 4);
        var data = Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/') + padding);
        Need(Encode(data) == text, "base64");
        return data;
    }
    public static string Nonce() {
        var random = new byte[32];
        RandomNumberGenerator.Create().GetBytes(random);
        return Encode(random);
    }
    public static string Digest(string nonce, string text) =>
        text == null ? null : Encode(Sha(Utf8.GetBytes(nonce + ":" + text)));
    static string Name(XmlNode member) => member.Attributes["item"]?.Value ?? member.LocalName;
    static IEnumerable<XmlNode> In(XmlNode found) => found.ChildNodes.Cast<XmlNode>();
    static XmlNode Get(XmlNode found, string name) => In(found).FirstOrDefault(member => Name(member) == name);
    public static string Text(XmlNode found, string name) { // null: there is none
        var member = Get(found, name);
        Need(member == null || member.Attributes["type"]?.Value == "string", name);
        return member?.InnerText;
    }
    public static long Number(XmlNode found, string name) => long.Parse(Get(found, name).InnerText);
    public static XmlNode Parse(byte[] json) { // JSON as XML: see JsonReaderWriterFactory
        var document = new XmlDocument();
        Utf8.GetString(json);
        document.Load(JsonReaderWriterFactory.CreateJsonReader(json, XmlDictionaryReaderQuotas.Max));
        foreach (XmlNode found in document.SelectNodes("//*[@type='object']"))
            Need(In(found).Select(Name).Distinct().Count() == found.ChildNodes.Count, "a member twice");
        Need(document.DocumentElement.GetAttribute("type") == "object", "no object");
        return document.DocumentElement;
    }
    public static byte[][] Jws(string text, string kind) { // header, payload, what is signed, signature
        Need(text != null && text.Length <= 32768, "its length");
        var parts = text.Split('.');
        var header = Parse(Decode(parts[0]));
        Need(parts.Length == 3 && Text(header, "alg") == "ES256" && Text(header, "typ") == kind, "another kind");
        Need(Get(header, "crit") == null, "what it needs");
        return new[] { Decode(parts[0]), Decode(parts[1]), Utf8.GetBytes(parts[0] + "." + parts[1]), Decode(parts[2]) };
    }
    static XmlNode Opened(string proof, string[] roots, string app, long moment) { // known to be of a root key's holder
        var jws = Jws(proof, "kami-proof+jws");
        XmlNode header = Parse(jws[0]), payload = Parse(jws[1]);
        var by = Jws(Text(header, "crt"), "kami-certificate+jws");
        var certificate = Parse(by[1]);
        Need(roots.Any(root => IsSigned(by[2], by[3], Decode(root))), "not by a pinned key");
        Need(Get(certificate, "app") == null || Text(certificate, "app") == app, "the certificate is another app's");
        var kid = Text(certificate, "kid");
        Need(kid != null && kid == Text(header, "kid"), "another certificate");
        Need(Number(certificate, "exp") > moment, "the certificate is over");
        var jwk = Get(certificate, "jwk");
        Need(Text(jwk, "kty") == "EC" && Text(jwk, "crv") == "P-256", "another kind of key");
        var key = new byte[] { 4 }.Concat(Decode(Text(jwk, "x"))).Concat(Decode(Text(jwk, "y")));
        Need(IsSigned(jws[2], jws[3], key.ToArray()), "not by its key");
        var at = Number(payload, "iat");
        Need(Number(certificate, "iat") <= at && at < Number(certificate, "exp"), "its moment");
        Need(Text(payload, "app") == app, "another app");
        return payload;
    }
    // Puts the texts in that it has only digests of; where nobody says them, they go.
    static void Restore(XmlNode answer, XmlNode said, string nonce) {
        foreach (var member in In(answer).Where(member => member.NodeType == XmlNodeType.Element).ToArray()) {
            var other = said == null ? null : Get(said, Name(member));
            if (member.Attributes["type"].Value != "string") Restore(member, other, nonce);
            if (!member.InnerText.StartsWith("sha256:") || member.Attributes["type"].Value != "string") continue;
            Need(nonce == null || member.InnerText == "sha256:" + Digest(nonce, other?.InnerText), "another text");
            if (nonce == null) answer.RemoveChild(member); else member.InnerText = other.InnerText;
        }
    }
    static Proven Answer(XmlNode payload, XmlNode said, string nonce, string until) {
        var answer = Get(payload, "answer");
        Restore(answer, said, nonce);
        var document = new XmlDocument();
        document.LoadXml("<root type='object'/>");
        foreach (XmlNode member in answer) document.DocumentElement.AppendChild(document.ImportNode(member, true));
        using (var json = new MemoryStream()) {
            using (var writer = JsonReaderWriterFactory.CreateJsonWriter(json)) document.WriteTo(writer);
            return new Proven { json = Utf8.GetString(json.ToArray()), at = Number(payload, "iat"),
                until = Number(payload, until), proof = said == null ? null : Text(said, "proof"),
                givesUp = (Get(answer, "unbound") ?? Get(answer, "released"))?.InnerText == "true",
                offline = Get(payload, "offline_until") != null && Number(payload, "status") == 200 };
        }
    }
    public static Proven Check(string[] roots, Asked asked, int status, string body, long moment) { // of an answer
        var said = Parse(Utf8.GetBytes(body));
        var payload = Opened(Text(said, "proof"), roots, asked.app, moment);
        Need(Text(payload, "nonce") == asked.nonce && Text(payload, "route") == asked.route, "of another request");
        Need(Text(payload, "code") == Digest(asked.nonce, asked.code), "another code");
        Need(Text(payload, "machine") == Digest(asked.nonce, asked.machine), "another machine");
        Need(Text(payload, "request") == Digest(asked.nonce, asked.request), "another request");
        Need(Number(payload, "status") == status, "another status");
        return Answer(payload, said, asked.nonce, "exp");
    }
    // Of a kept lease, where it lets start.
    public static Proven CheckLease(
        string[] roots, string proof, string app, string code, string machine, long clock, long latest) {
        var moment = Math.Max(clock, latest);
        var payload = Opened(proof, roots, app, moment);
        Need(Text(payload, "route") == "POST /api/validate" && Number(payload, "status") == 200, "no admission");
        Need(Text(Get(payload, "answer"), "status") == "success", "a refusal");
        Need(Number(payload, "offline_until") > moment, "it is over");
        Need(Text(payload, "code") == Digest(Text(payload, "nonce"), code), "another code");
        Need(Text(payload, "machine") == Digest(Text(payload, "nonce"), machine), "another machine");
        Need(clock >= Math.Max(latest, Number(payload, "iat")) - 300, "the clock was turned back");
        return Answer(payload, null, null, "offline_until");
    }
}
