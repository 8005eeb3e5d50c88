using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Commands;
using RaftMQ.Simulator.Runs;

using var stop = StopRequest.OfProcess();
return new CommandLine(Run.Make, SecondProcess.LinesOf, Console.Out, Console.Error, stop).Run(args);
