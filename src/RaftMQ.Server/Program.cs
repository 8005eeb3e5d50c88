using RaftMQ.Server.Commands;
using RaftMQ.Server.Hosting;

SupervisedProcess.IgnoreInterruptIfSupervised(args);

int exitCode = await CommandLine.RunAsync(args);

// Not `return`: a thread that hangs on a dead disk must not keep a stopped node in the process list.
Environment.Exit(exitCode);
