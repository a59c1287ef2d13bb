// Written by bindings/generate.py; do not edit.

using System.Reflection;

[assembly: AssemblyTitle("Hostws")]
[assembly: AssemblyVersion("0.1.0")]
[assembly: AssemblyInformationalVersion("0.1.0")]
