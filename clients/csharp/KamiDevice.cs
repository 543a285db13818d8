// What a device is known by, the machine's code and a key of its own, and P-256: goes beside Kami.cs.
using System; using System.Collections.Generic; using System.Diagnostics; using System.IO; using System.Linq;
using System.Numerics; using System.Runtime.InteropServices; using System.Security.Cryptography; using System.Text;
using System.Text.RegularExpressions;

public static partial class Kami {
    static string Run(string command, string arguments) =>
        Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false,
            CreateNoWindow = true, RedirectStandardOutput = true }).StandardOutput.ReadToEnd();
    public static string MachineCode() { // the same at every start, another on every machine; hashed: tells no more
        var own = Path.Combine(Folder, "machine-id");
        foreach (var read in new Func<string>[] {
            () => File.ReadAllText("/etc/machine-id"), () => File.ReadAllText("/var/lib/dbus/machine-id"),
            () => Run("reg", @"query HKLM\SOFTWARE\Microsoft\Cryptography /v MachineGuid /reg:64"),
            () => Run("ioreg", "-rd1 -c IOPlatformExpertDevice"), () => File.ReadAllText(own) }) try {
            var found = Regex.Match(read(), @"(?:^|REG_SZ +|""IOPlatformUUID"" = "")([0-9A-Fa-f-]{32,36})\b");
            var hash = SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes(App + ":" + found.Groups[1]));
            if (found.Success) return BitConverter.ToString(hash).Replace("-", "").ToLowerInvariant();
        } catch (Exception) { } // not here: try the next
        Directory.CreateDirectory(Folder); // a container, perhaps: make an id once and keep it
        File.WriteAllText(own, Guid.NewGuid().ToString());
        return MachineCode();
    }
}

// The key of this device. On Windows CngKey.Create with the provider "Microsoft Platform Crypto Provider" makes one in
// the TPM that nobody copies, for ECDsaCng to sign by: an app for Windows alone uses that. This one is in a file.
public class DeviceKey {
    BigInteger d;
    byte[] point;
    public string Thumbprint => KamiProof.Thumbprint(point);

    static DeviceKey Of(BigInteger d) => new DeviceKey { d = d, point = P256.Point(d) };
    public static DeviceKey In(string file) { // made the first time; null: there is none, and nothing is signed
        if (!File.Exists(file)) try {
            var made = Of(P256.Big(P256.Random()) % (P256.N - 1) + 1);
            Put(file, Encoding.UTF8.GetBytes(KamiProof.Jwk(made.point, P256.Bytes(made.d))), false);
        } catch (Exception) { } // another process was faster, or there is no place for it
        try {
            var jwk = KamiProof.Parse(File.ReadAllBytes(file));
            var kept = Of(P256.Big(KamiProof.Decode(KamiProof.Text(jwk, "d"))));
            var its = KamiProof.Parse(Encoding.UTF8.GetBytes(KamiProof.Jwk(kept.point)));
            Func<string, bool> isIts = name => KamiProof.Text(jwk, name) == KamiProof.Text(its, name);
            return new[] { "crv", "kty", "x", "y" }.All(isIts) ? kept : null;
        } catch (Exception) { return null; } // it is left as it is: the server tells what to do
    }
    public string Sign(Asked asked, long at, long sequence) { // the header for what is asked
        var head = $"{{\"alg\":\"ES256\",\"typ\":\"kami-device+jws\",\"jwk\":{KamiProof.Jwk(point)}}}";
        var says = $"{{\"iat\":{at},\"nonce\":\"{asked.nonce}\",\"route\":\"{asked.route}\",\"request\":"
            + $"\"{KamiProof.Digest(asked.nonce, asked.request)}\",\"sequence\":{sequence}}}";
        Func<string, string> encoded = part => KamiProof.Encode(Encoding.UTF8.GetBytes(part));
        var text = encoded(head) + "." + encoded(says);
        return text + "." + KamiProof.Encode(P256.Sign(Encoding.UTF8.GetBytes(text), d));
    }
    [DllImport("libc", SetLastError = true)] static extern int chmod(string path, int mode);
    [DllImport("libc", SetLastError = true)] static extern int link(string from, string to);
    public static void Put(string file, byte[] data, bool replaces) { // for this user alone
        var written = file + "." + Guid.NewGuid();
        var isUnix = Path.DirectorySeparatorChar == '/';
        Directory.CreateDirectory(Path.GetDirectoryName(file));
        try {
            File.WriteAllText(written, "");
            if (isUnix) chmod(written, 384); // 0600
            File.WriteAllBytes(written, data);
            if (replaces && File.Exists(file)) File.Replace(written, file, null);
            else if (replaces || !isUnix) File.Move(written, file);
            else link(written, file); // File.Move might replace
        } finally { File.Delete(written); }
    }
}

// P-256 with what is in every .NET: mono has no ECDsa. How long it takes to sign tells something of the key to who can
// measure it: in an app for .NET alone let ECDsa sign.
public static class P256 {
    public static BigInteger Big(IEnumerable<byte> bytes) =>
        new BigInteger(bytes.Reverse().Concat(new byte[1]).ToArray());
    public static byte[] Bytes(BigInteger value) { // 32 of them
        var bytes = value.ToByteArray();
        Array.Resize(ref bytes, 32);
        return bytes.Reverse().ToArray();
    }
    static BigInteger Hex(string digits) => BigInteger.Parse("0" + digits, System.Globalization.NumberStyles.HexNumber);
    static readonly BigInteger P = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        B = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    public static readonly BigInteger N = Hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
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
    // x and y of a times G and b times another.
    static BigInteger[] Sum(BigInteger a, BigInteger b, BigInteger[] other) {
        BigInteger[] total = { 0, 1, 0 };
        var summands = new[] { total, G, other, Add(G, other) };
        for (var bit = 255; bit >= 0; bit--)
            total = Add(Add(total, total), summands[(int)(a >> bit & 1) + 2 * (int)(b >> bit & 1)]);
        var back = BigInteger.ModPow(total[2], P - 2, P);
        return total[2] == 0 ? null : new[] { total[0] * back % P, total[1] * back % P };
    }
    public static byte[] Point(BigInteger d) => new byte[] { 4 }.Concat(Sum(d, 0, G).SelectMany(Bytes)).ToArray();
    public static bool IsSigned(byte[] signed, byte[] signature, byte[] key) { // ES256: r and s by the key 04, x, y
        if (signature.Length != 64 || key.Length != 65 || key[0] != 4) return false;
        BigInteger r = Big(signature.Take(32)), s = Big(signature.Skip(32));
        BigInteger x = Big(key.Skip(1).Take(32)), y = Big(key.Skip(33));
        if (r < 1 || r >= N || s < 1 || s >= N) return false;
        if (x >= P || y >= P || Mod(y * y - x * x * x + 3 * x - B) != 0) return false;
        var back = BigInteger.ModPow(s, N - 2, N);
        var point = Sum(Big(Sha(signed)) * back % N, r * back % N, new BigInteger[] { x, y, 1 });
        return point != null && point[0] % N == r;
    }
    public static byte[] Sign(byte[] signed, BigInteger d) {
        for (;;) {
            BigInteger k = Big(Random());
            if (k < 1 || k >= N) continue;
            BigInteger r = Sum(k, 0, G)[0] % N, s = BigInteger.ModPow(k, N - 2, N) * (Big(Sha(signed)) + r * d) % N;
            if (r != 0 && s != 0) return Bytes(r).Concat(Bytes(s)).ToArray();
        }
    }
    public static byte[] Random() {
        var random = new byte[32];
        RandomNumberGenerator.Create().GetBytes(random);
        return random;
    }
    public static byte[] Sha(byte[] data) => SHA256.Create().ComputeHash(data);
}
