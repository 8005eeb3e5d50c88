using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

// Native calls need the platform; nothing else of this room does.
#pragma warning disable RS0030
namespace RaftMQ.Storage.Files;

/// <summary>
/// The system calls that the framework has no door to, or hides errors of: fdatasync, the sync of a folder, fallocate. On systems other than Linux the framework's nearest
/// equivalents are used.
/// </summary>
internal static partial class NativeFiles
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int NotSupported = 95;
    private const int Interrupted = 4;
    private const int HResultDiskFull = unchecked((int)0x80070070);
    private const int OpenDirectory = 0x10000;
    private const int OpenDirectoryArm64 = 0x4000;
    private const int OpenCloseOnExec = 0x80000;

    public static bool IsDiskFull(IOException e) => e.HResult is NoSpace or QuotaExceeded or HResultDiskFull;

    /// <summary>Makes a file's data durable. An error is final: the pages may be marked clean although they never reached the disk.</summary>
    public static void SyncData(SafeFileHandle handle)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(handle);
            return;
        }

        bool added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            Check(fdatasync((int)handle.DangerousGetHandle()), "fdatasync");
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>Allocates space on disk. A file system that cannot is no error: writing zeros, which follows, allocates too.</summary>
    public static void Allocate(SafeFileHandle handle, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        bool added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            int result;
            do
            {
                result = fallocate((int)handle.DangerousGetHandle(), 0, 0, length);
            }
            while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);

            if (result != 0 && Marshal.GetLastPInvokeError() != NotSupported)
            {
                Check(result, "fallocate");
            }
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>Makes creations, renames and removals in a folder durable.</summary>
    public static void SyncFolder(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int directory = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? OpenDirectoryArm64 : OpenDirectory;
        int descriptor = open(path, directory | OpenCloseOnExec);
        Check(descriptor < 0 ? -1 : 0, "open of the folder");
        try
        {
            Check(fsync(descriptor), "fsync of the folder");
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static void Check(int result, string call)
    {
        if (result == 0)
        {
            return;
        }

        int error = Marshal.GetLastPInvokeError();
        string message = $"{call} failed: {Marshal.GetPInvokeErrorMessage(error)}";
        throw error is NoSpace or QuotaExceeded ? new DiskFullException(message) : new IOException(message, error);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
