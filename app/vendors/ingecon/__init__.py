"""INGECON SUN: inverters with a communication card, and the energy management system (EMS)."""
